import { LogbertError } from '../errors.ts'
import type { Executor } from '../exec/executor.ts'
import { type LogbertConfig, logbertConfig } from '../logbert/config.ts'
import { createLexicon, type Lexicon, type LexiconSnapshot } from '../logbert/lexicon.ts'
import type { ModelSize } from '../logbert/model.ts'
import { writeScoringModel } from '../logbert/scoring-graph.ts'
import { float32 } from '../onnx/graph.ts'
import { warmupCosine } from '../onnx/schedule.ts'
import type { SequenceSet } from '../sequence/sequence-set.ts'
import { sha256 } from '../store/sha256.ts'
import { createCentreTracker } from './centre.ts'
import type { Checkpoint } from './checkpoint.ts'
import { type Batch, createDataset, type Dataset } from './dataset.ts'
import { createMean, type TrainProgress } from './progress.ts'
import { type Split, splitSessions } from './split.ts'
import { createStepper, type Stepper } from './stepper.ts'

export interface TrainOptions {
  executor: Executor
  seed: number
  config?: Partial<LogbertConfig>
  /** What to learn from and what to hold out; drawn from the seed when absent. */
  split?: Split
  signal?: AbortSignal
  onProgress?: (progress: TrainProgress) => void
  /** Called after every epoch and waited for; `writeCheckpoint` turns it into bytes. */
  onCheckpoint?: (checkpoint: Checkpoint) => unknown
  /** Continues a training of the same set, seed and config. */
  resume?: Checkpoint
}

export interface TrainedLogbert {
  /** The scoring graph (`model.onnx`): see `writeScoringModel`. */
  model: Uint8Array
  config: LogbertConfig
  vocab: LexiconSnapshot
  centre: Float32Array
  /** Best loss on the held-out sequences (on the training ones where none were), nats. */
  heldOutLoss: number
  /** Epochs run, and the one whose weights were kept. */
  epochs: number
  bestEpoch: number
  steps: number
  /** Steps not taken, because their gradient was not finite. */
  skipped: number
  split: Split
}

/**
 * Trains LogBERT on normal sessions: masked, next and count prediction and the hypersphere, by
 * AdamW, until the held-out loss stops falling. The same set, seed and config give the same model
 * on one backend, whether or not training was stopped and resumed in between.
 *
 * @throws LogbertError CANCELLED by the signal, BAD_CONFIG, BAD_INPUT for an empty set or a
 * checkpoint of another training
 */
export const trainLogbert = async (
  set: SequenceSet,
  options: TrainOptions,
): Promise<TrainedLogbert> => {
  const config = logbertConfig(options.config)
  const { seed, executor, resume } = options
  if (set.sequences.length === 0) {
    throw new LogbertError(
      'BAD_INPUT',
      'training LogBERT failed: there is no session to learn from',
    )
  }
  const split = options.split ?? splitSessions(set, config.heldOut, seed)
  const data = await fingerprint(set, split)
  if (resume !== undefined) checkResume(resume, { seed, config, data })
  const lexicon = createLexicon(trainingPart(set, split), config)
  const dataset = createDataset(set, split, { lexicon, config, seed })
  const size = modelSize(config, lexicon)
  const state = resume?.state
  const stepper = await createStepper(executor, {
    ...{ size, seed, decay: config.decay },
    ...(state !== undefined && { state }),
  })
  try {
    const run = await runEpochs(stepper, dataset, { ...options, config, data })
    const { best, ...counts } = run
    return {
      model: writeScoringModel(size, best.weights, best.centre),
      ...{ config, split, centre: best.centre, heldOutLoss: best.loss, bestEpoch: best.epoch },
      vocab: lexicon.toJSON(),
      ...counts,
    }
  } finally {
    await stepper.dispose()
  }
}

/** Places beside the events of a segment: the head, a mark for what came before, and END. */
const EXTRA_PLACES = 3

export const modelSize = (
  config: LogbertConfig,
  { size, longestBag }: Pick<Lexicon, 'size' | 'longestBag'>,
): ModelSize => {
  const { hidden, layers, heads, inner, segment } = config
  const places = Math.max(segment + EXTRA_PLACES, longestBag + 1)
  return { hidden, layers, heads, inner, places, tokens: size }
}

/** What is held out must look new: its own event types are unseen ones. */
const trainingPart = (set: SequenceSet, { training }: Split): SequenceSet => ({
  sequences: training.map(row => set.sequences[row]!),
  weights: training.map(row => set.weights[row]!),
})

interface Run extends TrainOptions {
  config: LogbertConfig
  data: string
}

type Outcome = Pick<TrainedLogbert, 'epochs' | 'steps' | 'skipped'> & Pick<Checkpoint, 'best'>

const runEpochs = async (stepper: Stepper, dataset: Dataset, run: Run): Promise<Outcome> => {
  const { config, seed, data, resume } = run
  const heldOut = dataset.heldOut()
  const stepsPerEpoch = dataset.epoch(0).length
  const total = config.epochs * stepsPerEpoch
  const rateOf = warmupCosine({
    peak: config.rate,
    warmup: Math.ceil(config.warmup * total),
    total,
  })
  const pace = createPace(run, total, (resume?.epoch ?? 0) * stepsPerEpoch)
  let best = resume?.best
  let centre = resume?.centre ?? new Float32Array(config.hidden)
  let epoch = resume?.epoch ?? 0
  while (epoch < config.epochs && epoch - (best?.epoch ?? epoch) < config.patience) {
    const tracker = createCentreTracker(centre)
    // Without a centre yet, the first epoch only predicts
    const sphere = epoch > 0
    for (const [i, batch] of dataset.epoch(epoch).entries()) {
      const rate = rateOf(Math.min(total, epoch * stepsPerEpoch + i))
      const report = await stepper.step(feedsOf(batch, centre, sphere), rate)
      tracker.add(report.heads, batch.masked)
      await pace.stepped(epoch + 1, batch, { ...report, rate })
    }
    centre = tracker.next()
    epoch++
    const loss = await validate(stepper, heldOut, centre)
    if (best === undefined || loss < best.loss) {
      const { weights } = await stepper.read()
      best = { weights, centre, loss, epoch }
    }
    pace.validated(epoch, loss, best.loss)
    await run.onCheckpoint?.({
      ...{ seed, config, data, epoch, centre, best },
      state: await stepper.read(),
    })
  }
  return { best: checkBest(best), epochs: epoch, steps: pace.steps, skipped: pace.skipped }
}

const checkBest = (best: Checkpoint['best'] | undefined): Checkpoint['best'] => {
  if (best !== undefined && Number.isFinite(best.loss)) return best
  throw new LogbertError(
    'BAD_CONFIG',
    `training LogBERT failed: the loss is ${best?.loss}: give a smaller learning rate`,
  )
}

const feedsOf = ({ feeds, masked }: Batch, centre: Float32Array, sphere: boolean) => ({
  ...feeds,
  ...(!sphere && { headWeight: float32(new Float32Array(masked.length), [masked.length]) }),
  centre: float32(centre, [centre.length]),
})

const validate = async (
  stepper: Stepper,
  batches: readonly Batch[],
  centre: Float32Array,
): Promise<number> => {
  const loss = createMean()
  for (const batch of batches) {
    const { prediction } = await stepper.evaluate(feedsOf(batch, centre, true))
    loss.add(prediction, batch.weight)
  }
  return loss.value
}

/** Milliseconds after which timers and signals get their turn. */
const BREATH = 50

/** Counts steps, tells progress, lets others have their turn, and stops when asked to. */
const createPace = ({ config, signal, onProgress }: Run, total: number, done: number) => {
  const start = performance.now()
  let breath = start
  let tokens = 0
  let steps = done
  let skipped = 0
  let epochNow = 0
  let prediction = createMean()
  let sphere = createMean()
  let best: number | undefined
  let last = { rate: 0, gradientNorm: 0 }
  const tell = (phase: TrainProgress['phase'], epoch: number, loss: TrainProgress['loss']) => {
    const seconds = (performance.now() - start) / 1000
    onProgress?.({
      ...{ phase, epoch, epochs: config.epochs, step: steps, steps: total, loss, ...last },
      ...(best !== undefined && { best }),
      tokensPerSecond: tokens / seconds,
      etaSeconds: (Math.max(0, total - steps) * seconds) / Math.max(1, steps - done),
    })
  }
  return {
    async stepped(
      epoch: number,
      batch: Batch,
      report: { prediction: number; sphere: number; norm: number; rate: number },
    ): Promise<void> {
      steps++
      tokens += batch.tokens
      if (!Number.isFinite(report.norm)) skipped++
      if (epoch !== epochNow) {
        epochNow = epoch
        prediction = createMean()
        sphere = createMean()
      }
      prediction.add(report.prediction, batch.weight)
      sphere.add(report.sphere)
      last = { rate: report.rate, gradientNorm: report.norm }
      tell('train', epoch, { prediction: prediction.value, sphere: sphere.value })
      if (performance.now() - breath > BREATH) {
        await new Promise(resolve => setTimeout(resolve, 0))
        breath = performance.now()
      }
      if (signal?.aborted) throw cancelled(epoch)
    },
    validated(epoch: number, loss: number, least: number): void {
      best = least
      tell('validate', epoch, { prediction: loss, sphere: sphere.value })
    },
    get steps() {
      return steps
    },
    get skipped() {
      return skipped
    },
  }
}

const cancelled = (epoch: number): LogbertError =>
  new LogbertError('CANCELLED', `training LogBERT was cancelled in epoch ${epoch}`)

const fingerprint = ({ sequences, weights }: SequenceSet, { heldOut }: Split): Promise<string> => {
  const lines = sequences.map((sequence, i) => `${weights[i]}:${sequence.join(' ')}\n`)
  return sha256(new TextEncoder().encode(`${lines.join('')}${heldOut.join(' ')}`))
}

const checkResume = (
  resume: Checkpoint,
  wanted: Pick<Checkpoint, 'seed' | 'config' | 'data'>,
): void => {
  const same =
    resume.seed === wanted.seed &&
    resume.data === wanted.data &&
    JSON.stringify(resume.config) === JSON.stringify(wanted.config)
  if (same) return
  throw new LogbertError(
    'BAD_INPUT',
    'resuming the training failed: the checkpoint is of another training set, seed or ' +
      'configuration; train from the start, or with what it was made with',
  )
}
