import { LogbertError } from '../../core/errors.ts'
import type { Bundle } from '../../core/store/bundle.ts'
import type { Models } from './models.ts'
import type { Place } from './place.ts'
import { type Run, type RunDeps, ScoringError, startRun } from './run.ts'
import { type ModelName, sameModel, wordsOf } from './served.ts'

const RETRY_MS = [250, 1_000, 5_000, 15_000]
/** How often it is looked whether there is a model by now. */
const LOOK_MS = 100
/** Attempts at a batch before its lines are scored one by one; one that fails alone is left out. */
const ATTEMPTS = 3

export interface LaneDeps extends RunDeps {
  models: Models
  /** It reads lines. */
  ready(): void
  /** It does not, and why: it tries again by itself. */
  trouble(why: string): void
  /** There is no model to read with. */
  modelless(): void
  /** Another model than before is at work here. */
  serves(model: ModelName, fresh: boolean): void
}

/**
 * The detector at work on one partition, until it is stopped. It never ends by a fault: it tells of
 * it, and goes on from what was saved last. A line on which scoring fails again and again is left
 * out, counted, and kept for people.
 */
export interface Lane {
  /** Undefined while it cannot read. */
  readonly run: Run | undefined
  /** Messages that wait. */
  behind(): Promise<number>
  /** What people decided, and the model that is to be served, are in effect when it resolves. */
  refresh(): Promise<void>
  /** Goes over to the model that is to be served. @throws why that cannot be */
  follow(): Promise<void>
  /** Finishes the batch at hand and saves everything. */
  stop(): Promise<void>
  /** Its partition is another's by now: nothing is saved. */
  drop(): Promise<void>
}

interface Asked {
  what: 'refresh' | 'follow'
  resolve(): void
  reject(error: unknown): void
}

export const startLane = (place: Place, deps: LaneDeps): Lane => {
  const { models } = deps
  let run: Run | undefined
  let serving: Bundle | undefined
  let running = true
  let dropped = false
  const halted = Promise.withResolvers<void>()
  let faults = 0
  /** Where the next run begins; undefined before the first. */
  let next: number | undefined
  /** A batch on which scoring failed: attempts at it so far. */
  let failing: { from: number; until: number; attempts: number } | undefined
  /** Lines that failed alone, until they are left out. */
  const poison = new Set<number>()
  const asked: Asked[] = []

  const open = async (): Promise<void> => {
    const saved = await place.saved()
    const bundle = await models.first(saved?.model)
    if (bundle === undefined) return deps.modelless()
    run = await startRun(bundle, saved, place, poison, deps)
    serving = bundle
    deps.serves(run.stream.model, saved === undefined || !sameModel(saved.model, run.stream.model))
    deps.ready()
  }
  const leave = async (): Promise<void> => {
    await run?.close().catch(() => undefined)
    next = run?.saved ?? next
    run = undefined
  }
  /** Serves the target, if that is another version; one that cannot be served leaves the old one. */
  const follow = async (force: boolean): Promise<void> => {
    const { target } = models
    if (run === undefined || target === undefined) return
    if (sameModel(target.manifest, run.stream.model)) return
    try {
      await run.use(target)
    } catch (error) {
      models.refuse(serving!, error)
      if (force) throw error
      return
    }
    serving = target
    try {
      await run.checkpoint()
    } catch (error) {
      // What was saved is of the old model, and goes on with it.
      await leave()
      throw error
    }
    deps.serves(run.stream.model, true)
  }
  const answer = async (): Promise<void> => {
    if (run?.reader.replaying === true) return
    const now = asked.splice(0)
    // Many who ask for the same at once are answered at once.
    for (const what of ['refresh', 'follow'] as const) {
      const some = now.filter(each => each.what === what)
      if (some.length === 0) continue
      try {
        await (what === 'refresh' ? refresh() : follow(true))
        for (const { resolve } of some) resolve()
      } catch (error) {
        for (const { reject } of some) reject(error)
      }
    }
  }
  const refresh = (): Promise<void> => (run === undefined ? open() : run.refresh())
  const ask = (what: Asked['what']): Promise<void> =>
    new Promise((resolve, reject) => {
      if (running) asked.push({ what, resolve, reject })
      else if (dropped) resolve()
      else reject(stopped())
    })
  /** Reads on; a batch that failed is tried whole, then line by line. */
  const step = async (of: Run): Promise<void> => {
    const { reader } = of
    const from = reader.position
    const apart = failing !== undefined && failing.attempts >= ATTEMPTS && from >= failing.from
    try {
      await of.step(apart)
      if (failing !== undefined && reader.position >= failing.until) failing = undefined
    } catch (error) {
      if (error instanceof ScoringError && reader.position > from) {
        const attempts = failing?.from === from ? failing.attempts + 1 : 1
        if (apart && error.lines.length === 1) poison.add(error.lines[0]!)
        else failing = { from, until: reader.position, attempts }
      }
      throw error
    }
  }
  const turn = async (): Promise<void> => {
    if (run === undefined) {
      await open()
      if (run === undefined) await pause(LOOK_MS)
    } else {
      await step(run)
      if (run.reader.position > (failing?.until ?? 0)) faults = 0
      if (!run.reader.replaying) await follow(false)
    }
    await answer()
  }
  const recover = async (error: unknown): Promise<void> => {
    if (dropped) return
    deps.trouble(wordsOf(error))
    for (const { reject } of asked.splice(0)) reject(error)
    await leave()
    // Looking for one bad line takes many turns: only what does not come from lines waits longer.
    const wait = RETRY_MS[Math.min(failing === undefined ? faults : 0, RETRY_MS.length - 1)]!
    faults++
    await pause(wait)
  }
  /** Ends early when it is to stop. */
  const pause = (ms: number): Promise<void> =>
    Promise.race([halted.promise, new Promise<void>(resolve => setTimeout(resolve, ms))])
  const loop = async (): Promise<void> => {
    while (running) {
      await turn().catch(recover)
      // Questions get their turn between batches.
      await new Promise(resolve => setImmediate(resolve))
    }
    for (const { resolve, reject } of asked.splice(0)) dropped ? resolve() : reject(stopped())
    if (!dropped) await run?.checkpoint()
    await leave()
  }
  const done = loop()
  const halt = (): Promise<void> => {
    running = false
    halted.resolve()
    return done
  }
  return {
    get run() {
      return run
    },
    async behind() {
      const end = await place.end()
      return Math.max(0, end - (run?.reader.position ?? next ?? end))
    },
    refresh: () => ask('refresh'),
    follow: () => ask('follow'),
    stop: halt,
    drop() {
      dropped = true
      return halt()
    },
  }
}

const stopped = (): LogbertError =>
  new LogbertError('CANCELLED', 'the server stops; ask it again when it runs')
