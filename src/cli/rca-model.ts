import { LogbertError } from '../core/errors.ts'
import type { RcaModel } from '../core/rca/model.ts'
import type { Bundle } from '../core/store/bundle.ts'

/** @throws LogbertError BAD_BUNDLE when the model knows nothing of causes */
export const rcaModelOf = ({ manifest, rca }: Bundle): RcaModel => {
  if (rca !== undefined) return rca as RcaModel
  throw new LogbertError(
    'BAD_BUNDLE',
    `${manifest.name}@${manifest.version} holds no rca.json: it was trained on sequences, or by an ` +
      'older program; train it again on log lines',
  )
}
