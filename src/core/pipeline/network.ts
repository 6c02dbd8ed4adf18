import type { ExternalVoice } from '../detect/external-voice.ts'
import type { Executor } from '../exec/executor.ts'
import type { LogbertConfig } from '../logbert/config.ts'
import { createLogbertScorer, type LogbertScorer } from '../logbert/scorer.ts'
import { valuesOf } from '../logbert/voices.ts'
import type { SequenceSet } from '../sequence/sequence-set.ts'
import { logbertVoices } from '../train/logbert-voices.ts'
import type { TrainProgress } from '../train/progress.ts'
import { trainOn } from '../train/train-on.ts'
import type { TrainedLogbert } from '../train/trainer.ts'
import type { Session } from '../types.ts'
import type { NetworkOpinion } from './anomaly.ts'
import type { LearnOptions, LearnProgress } from './engine.ts'

/** A trained LogBERT as the judge uses it. */
export interface Network {
  /** The population that it was trained on. */
  group: Session['kind']
  /** Scores of its views by name, one record a sequence. */
  values(sequences: readonly (readonly number[])[]): Promise<Record<string, number>[]>
  /** What it says about places of a sequence, in their order; the length asks for the end. */
  opinions(
    sequence: readonly number[],
    positions: readonly number[],
    top: number,
  ): Promise<NetworkOpinion[]>
}

export interface NetworkParts {
  group: Session['kind']
  model: Uint8Array
  vocab: unknown
  config: LogbertConfig
}

/** Frees what a network holds outside of the garbage collector's sight when nobody uses it. */
const unused = new FinalizationRegistry<LogbertScorer>(scorer => void scorer.dispose())

/** Opens the network of a bundle. @throws LogbertError BAD_BUNDLE or BAD_GRAPH when it is damaged. */
export const openNetwork = async (parts: NetworkParts, executor: Executor): Promise<Network> => {
  const scorer = await createLogbertScorer(parts, executor)
  const network: Network = {
    group: parts.group,
    values: async sequences => (await scorer.score(sequences)).map(valuesOf),
    async opinions(sequence, positions, top) {
      const [score] = await scorer.score([sequence])
      const predictions = await scorer.explain(sequence, positions, top)
      return positions.map((position, i) => ({
        surprise: score!.surprise[position] ?? score!.endSurprise,
        ...predictions[i]!,
      }))
    },
  }
  unused.register(network, scorer)
  return network
}

export type NetworkOptions = Pick<
  LearnOptions,
  'budget' | 'seed' | 'epochs' | 'network' | 'checkpoints'
>

/**
 * Trains LogBERT on one population and makes its voices for the detector; with checkpoints it goes
 * on from where an earlier try was cut off.
 * @throws LogbertError CANCELLED, BAD_CONFIG
 */
export const trainNetwork = async (
  set: SequenceSet,
  { budget, seed, epochs, network, checkpoints }: NetworkOptions,
  executor: Executor,
  tell: (progress: LearnProgress) => void,
): Promise<{ trained: TrainedLogbert; voices: ExternalVoice[]; networks: number }> => {
  const trained = await trainOn(set, {
    ...{ executor, seed, config: { ...network, epochs }, checkpoints, number: 1 },
    onProgress: progress => tell(trainingProgress(progress)),
    onResume: done => tell({ phase: TRAINING, note: resumeNote(done), epoch: done, epochs }),
  })
  const scorer = await createLogbertScorer(trained, executor)
  const { voices, networks } = await logbertVoices(set, trained, scorer, {
    ...{ executor, budget, seed },
    ...(checkpoints !== undefined && { checkpoints }),
    onProgress: ({ network, networks: all, share }) =>
      tell({
        phase: 'calibrating LogBERT',
        share: (network - 1 + share) / all,
        note: `network ${network} of ${all}`,
      }),
  })
  await scorer.dispose()
  return { trained, voices, networks }
}

const TRAINING = 'training LogBERT'

const resumeNote = (epochs: number): string =>
  epochs > 0
    ? `goes on after epoch ${epochs}`
    : 'begins anew: what it could go on from is of other sessions or settings'

const trainingProgress = (progress: TrainProgress): LearnProgress => {
  const { epoch, epochs, step, steps, loss, rate, gradientNorm, tokensPerSecond, etaSeconds } =
    progress
  const speed = `${Math.round(tokensPerSecond).toLocaleString('en')} tokens/s`
  return {
    phase: TRAINING,
    share: step / steps,
    note: `epoch ${epoch} of at most ${epochs}, loss ${loss.prediction.toFixed(3)}, ${speed}`,
    ...{ stage: progress.phase, epoch, epochs, step, steps },
    ...{ loss: loss.prediction, sphere: loss.sphere, learningRate: rate },
    ...{ gradientNorm, tokensPerSecond, etaSeconds },
  }
}
