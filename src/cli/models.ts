import { LogbertError } from '../core/errors.ts'
import type { ModelPlace } from '../serve/model-store.ts'
import type { Command, Io } from './command.ts'
import { MODELS_HELP, placeOf } from './model-place.ts'
import { exportModel, importModel, promote, remove, rollback } from './models-change.ts'
import { inspect, list, verify } from './models-show.ts'

/** What an action is given beside its words. */
export interface ModelsPlace {
  place: ModelPlace
  json: boolean
  io: Io
}

interface Action {
  /** How it is called. */
  use: string
  least: number
  most: number
  /** @returns the exit code. */
  run(place: ModelsPlace, ...words: string[]): Promise<number>
}

const ACTIONS: Record<string, Action> = {
  list: { use: 'list [NAME]', least: 0, most: 1, run: list },
  inspect: { use: 'inspect NAME[@VERSION]|DIR', least: 1, most: 1, run: inspect },
  verify: { use: 'verify [NAME[@VERSION]|DIR]', least: 0, most: 1, run: verify },
  promote: { use: 'promote NAME[@VERSION]', least: 1, most: 1, run: promote },
  rollback: { use: 'rollback NAME', least: 1, most: 1, run: rollback },
  export: { use: 'export NAME[@VERSION] DIR', least: 2, most: 2, run: exportModel },
  import: { use: 'import DIR', least: 1, most: 1, run: importModel },
  remove: { use: 'remove NAME@VERSION', least: 1, most: 1, run: remove },
}

export const modelsCommand: Command = {
  name: 'models',
  about: 'list, inspect, verify, promote, roll back, export, import, remove trained models',
  help: `logbert models [ACTION] [--models PLACE] [--json]

  list [NAME]                  every version, oldest first; * marks the one that NAME alone means
  inspect NAME[@VERSION]|DIR   its manifest: training data, configuration, evaluation, checksums
  verify [NAME[@VERSION]|DIR]  reads every file and compares length and SHA-256; all when none named
  promote NAME[@VERSION]       compares every file, then makes it latest; the candidate when no
                               version is named
  rollback NAME                latest becomes what it was before, and the other way round
  export NAME[@VERSION] DIR    copies a version into an empty folder; score --model DIR takes it
  import DIR                   takes an exported version in, under its own name and version, once
                               every file is found sound; promote it then
  remove NAME@VERSION          removes a version that no channel names

VERSION may be a channel: latest (what NAME alone means), previous or candidate.

DIR may be an address of S3, too.

${MODELS_HELP}  --json             one JSON object a line

Exit codes: 0 done, all sound; 1 no such model, one is damaged, or it cannot be done as things are
            (it is latest already, a channel names it, DIR is not empty); 2 wrong usage
`,
  options: { models: { type: 'string' }, json: { type: 'boolean' } },
  async run(values, [name = 'list', ...words], io) {
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name]! : undefined
    if (action === undefined) {
      throw new LogbertError(
        'BAD_CONFIG',
        `there is no 'logbert models ${name}'; use ${Object.keys(ACTIONS).join(', ')}`,
      )
    }
    if (words.length < action.least || words.length > action.most) {
      throw new LogbertError('BAD_CONFIG', `call it as: logbert models ${action.use}`)
    }
    const place = await placeOf(values, io, words)
    return action.run({ place, json: values.json === true, io }, ...words)
  },
}
