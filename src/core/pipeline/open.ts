import { LogbertError } from '../errors.ts'
import type { EventRow } from '../input/event-rows.ts'
import { createParser, type Parser } from '../parse/parser.ts'
import { readParserSnapshot } from '../parse/parser-snapshot.ts'
import { createSequencer, type Sequencer } from '../sequence/session.ts'
import type { Bundle } from '../store/bundle.ts'
import type { LogEvent, LogLine, Session } from '../types.ts'
import { createAnomaly } from './anomaly.ts'
import { createDating } from './dating.ts'
import type { Detection, OpenModel, OpenOptions } from './engine.ts'
import { createEventNames, type EventNames } from './event-names.ts'
import { createJudge, type Judge, type Judged } from './judge.ts'
import type { Loader } from './loaded.ts'
import type { ModelParts } from './model-parts.ts'
import { parserOptions } from './parser-options.ts'
import { sequencerOptions } from './recipe.ts'
import { createRegimes, type Settled } from './regimes.ts'

/** Events held in open sessions at most, with their texts. */
const MOST_HELD = 2_000_000

/** Longest wait of served lines for their header to be known. */
const MOST_WAIT_MS = 2_000
/** How often a stream's silent sources are looked at. */
const TICK_MS = 500

/** Judged sessions of a stored log that are settled together: input chunks must not matter. */
const SETTLED = 20_000

/** Turns closed sessions into what is published. */
interface Report {
  take(sessions: readonly Session[]): Promise<Detection>
  /** What is held back. */
  end(): Promise<Detection>
}

/**
 * Opens a bundle for one stream. Templates that training did not have get numbers of their own and
 * so stay visible; known ones never change.
 */
export const openModel = async (
  bundle: Bundle,
  options: OpenOptions,
  load: Loader,
): Promise<OpenModel> => {
  const { name, version } = bundle.manifest
  const model = { name, version }
  const { parts, network } = await load(bundle, options.backend ?? 'auto')
  const judge = createJudge({
    detectors: parts.detectors,
    network,
    window: parts.recipe?.window,
  })
  return parts.input === 'events'
    ? openEvents(bundle, judge, model, options)
    : openLines(bundle, parts, judge, model, options)
}

interface ReportDeps {
  judge: Judge
  model: OpenModel['model']
  template(id: number): string | undefined
  explain: boolean
  regimes?: ReturnType<typeof createRegimes> | undefined
  /** A log that ends: its regimes are told from all of it. */
  stored: boolean
}

const reporter = ({ judge, model, template, explain, regimes, stored }: ReportDeps): Report => {
  let held: Judged[] = []
  const publish = async (judged: readonly Judged[]): Promise<Detection> => {
    const found: Detection = { verdicts: [], anomalies: [] }
    const settled = regimes?.(judged) ?? (judged as Settled[])
    for (const { session: closed, verdict, notice } of settled) {
      const session = named(closed)
      const { key, source } = session
      const { score, pValue, anomalous, kind, voices } = verdict
      const what = anomalous ? { kind } : {}
      const { lines } = session
      const facts = { score, pValue, anomalous, ...what, voices, lines }
      found.verdicts.push({ session: key, source, ...facts })
      if (!anomalous || !explain) continue
      const why = await judge.explain(closed)
      const regime = notice && { alarms: notice.alarms, withheld: notice.withheld }
      const known = { session, verdict, ...why, template, model }
      found.anomalies.push(createAnomaly({ ...known, ...(regime && { regime }) }))
    }
    return found
  }
  return {
    async take(sessions) {
      const judged = await judge.judge(sessions)
      if (regimes === undefined || !stored) return publish(judged)
      for (const each of judged) {
        // Only what may be shown needs its texts any longer.
        if (!each.verdict.anomalous) delete each.session.texts
        held.push(each)
      }
      const found: Detection = { verdicts: [], anomalies: [] }
      while (held.length >= SETTLED) {
        const { verdicts, anomalies } = await publish(held.slice(0, SETTLED))
        held = held.slice(SETTLED)
        found.verdicts = found.verdicts.concat(verdicts)
        found.anomalies = found.anomalies.concat(anomalies)
      }
      return found
    },
    end() {
      const rest = held
      held = []
      return publish(rest)
    },
  }
}

const joined = (a: Detection, b: Detection): Detection => ({
  verdicts: a.verdicts.concat(b.verdicts),
  anomalies: a.anomalies.concat(b.anomalies),
})

/** Windows are named by lines, which say nothing without their source. */
const named = (session: Session): Session =>
  session.kind === 'key' ? session : { ...session, key: `${session.source} ${session.key}` }

const wrongInput = (trained: string, given: string): LogbertError =>
  new LogbertError(
    'BAD_INPUT',
    `scoring failed: the model was trained on ${trained}, the input is ${given}; ` +
      'use a model of the same kind, or say what the input is with --format',
  )

const LINES = 'log lines'
const EVENTS = 'sequences of events'

const openEvents = (
  bundle: Bundle,
  judge: Judge,
  model: OpenModel['model'],
  options: OpenOptions,
): OpenModel => {
  const names: EventNames = createEventNames(bundle.templates)
  const { explain = true } = options
  const report = reporter({ judge, model, template: names.nameOf, explain, stored: true })
  const sessionOf = (row: EventRow, source: string): Session => ({
    key: row.key,
    source: row.source ?? source,
    kind: 'key',
    events: row.events.map(names.idOf),
    at: row.events.map(() => 0),
    lines: row.events.map(() => row.line),
    closedBy: 'end',
  })
  const nothing = async (): Promise<Detection> => ({ verdicts: [], anomalies: [] })
  return {
    model,
    feed: async () => {
      throw wrongInput(EVENTS, LINES)
    },
    feedRows: (rows, source) => report.take(rows.map(row => sessionOf(row, source))),
    quiet: nothing,
    flush: nothing,
  }
}

const openLines = (
  bundle: Bundle,
  { parse, recipe, detectors }: ModelParts,
  judge: Judge,
  model: OpenModel['model'],
  options: OpenOptions,
): OpenModel => {
  const { idleMs, drift = true, explain = true } = options
  const parser: Parser = createParser(
    { ...parserOptions(parse), mode: 'extend' },
    readParserSnapshot(bundle.templates),
  )
  const sequencer: Sequencer = createSequencer({
    ...(recipe !== undefined && sequencerOptions(recipe)),
    ...(idleMs !== undefined && { idleMs }),
    keepTexts: true,
    maxHeld: MOST_HELD,
  })
  const stored = idleMs === undefined
  const regimes = drift ? createRegimes(stored, detectors) : undefined
  const template = parser.template
  const report = reporter({ judge, model, template, explain, regimes, stored })
  const date = createDating()
  let closed: Session[] = []
  /** Real time, ms, that the stream has been quiet for and its clocks were told of. */
  let passed = 0
  let ticked = performance.now()
  let flushed = ticked
  /** Sources that wrote since the last tick. */
  const wrote = new Set<string>()
  const push = (event: LogEvent): void => {
    for (const session of sequencer.push(date(event))) closed.push(session)
  }
  const finish = (): Promise<Detection> => {
    const sessions = closed
    closed = []
    for (const session of sessions) session.events = session.events.map(parser.resolve)
    return report.take(sessions)
  }
  /** In an endless stream one source may fall silent, or begin slowly, while others write on. */
  const tick = (lines: readonly LogLine[]): void => {
    for (const { source } of lines) wrote.add(source)
    const now = performance.now()
    if (now - ticked < TICK_MS) return
    closed = closed.concat(sequencer.pass(now - ticked, wrote))
    ticked = now
    wrote.clear()
    if (now - flushed < MOST_WAIT_MS) return
    parser.flush(push)
    flushed = now
  }
  return {
    model,
    feed(lines) {
      passed = 0
      for (const line of lines) parser.feed(line, push)
      if (!stored) tick(lines)
      return finish()
    },
    feedRows: async () => {
      throw wrongInput(LINES, EVENTS)
    },
    quiet(ms) {
      parser.flush(push)
      if (ms > passed) closed = closed.concat(sequencer.pass(ms - passed))
      passed = Math.max(passed, ms)
      ticked = performance.now()
      return finish()
    },
    async flush() {
      parser.flush(push)
      closed = closed.concat(sequencer.flush())
      return joined(await finish(), await report.end())
    },
  }
}
