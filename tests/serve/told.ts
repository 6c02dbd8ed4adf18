import type { Told } from '../../src/serve/pipeline/protocol.ts'

/** How the embedded bus tells what it stored, as the pipeline's worker does. */
export const stored =
  (told: Told[]) =>
  (upTo: number): void => {
    told.push({ type: 'stored', upTo })
  }
