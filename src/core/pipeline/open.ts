import { LogbertError } from '../errors.ts'
import type { EventRow } from '../input/event-rows.ts'
import { createParser, type Parser } from '../parse/parser.ts'
import { readParserSnapshot } from '../parse/parser-snapshot.ts'
import { createSequencer, type Sequencer } from '../sequence/session.ts'
import type { Bundle } from '../store/bundle.ts'
import type { LogEvent, Session } from '../types.ts'
import { createDating } from './dating.ts'
import type { Detection, OpenModel, OpenOptions } from './engine.ts'
import { createEventNames, type EventNames } from './event-names.ts'
import { createJudge, type Judge, type Judged } from './judge.ts'
import type { Loader } from './loaded.ts'
import type { ModelParts } from './model-parts.ts'
import { parserOptions } from './parser-options.ts'
import { sequencerOptions } from './recipe.ts'
import { createRegimes } from './regimes.ts'
import { createReport, type ReportDeps } from './report.ts'
import { taughtIds } from './taught.ts'

/** Events held in open sessions at most, with their texts. */
const MOST_HELD = 2_000_000

/** Judged sessions of a stored log that are settled together: input chunks must not matter. */
const SETTLED = 20_000

/** Turns closed sessions into what is published. */
interface Report {
  take(sessions: readonly Session[]): Promise<Detection>
  /** What is held back. */
  end(): Promise<Detection>
}

/**
 * Opens a bundle for one log. Templates that training did not have get numbers of their own and
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

/**
 * Judges closed sessions and publishes them. With the drift rule they are held back, many at a time:
 * the regimes of a log that ends are told from all of it.
 */
const reporter = (deps: ReportDeps): Report => {
  const { judge, regimes } = deps
  const publish = createReport(deps)
  let held: Judged[] = []
  return {
    async take(sessions) {
      const judged = await judge.judge(sessions)
      if (regimes === undefined) return publish(judged)
      for (const each of judged) {
        // Only what may be shown needs its texts any longer.
        if (!each.verdict.anomalous) delete each.session.texts
        held.push(each)
      }
      let found: Detection = { verdicts: [], anomalies: [] }
      while (held.length >= SETTLED) {
        found = joined(found, await publish(held.slice(0, SETTLED)))
        held = held.slice(SETTLED)
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
  const report = reporter({ judge, model, template: names.nameOf, explain })
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
  const { drift = true, explain = true } = options
  const parser: Parser = createParser(
    { ...parserOptions(parse), mode: 'extend' },
    readParserSnapshot(bundle.templates),
  )
  const sequencer: Sequencer = createSequencer({
    ...(recipe !== undefined && sequencerOptions(recipe)),
    keepTexts: true,
    maxHeld: MOST_HELD,
  })
  const regimes = drift ? createRegimes(true, detectors).settle : undefined
  const template = parser.template
  const report = reporter({ judge, model, template, explain, regimes })
  const known = new Set(readParserSnapshot(bundle.templates).templates.templates.map(([id]) => id))
  const taught = options.taught && taughtIds(options.taught, parser, known)
  if (taught !== undefined) judge.teach(taught)
  const idOf = (id: number): number => taught?.as(parser.resolve(id)) ?? parser.resolve(id)
  const date = createDating()
  let closed: Session[] = []
  const push = (event: LogEvent): void => {
    for (const session of sequencer.push(date(event))) closed.push(session)
  }
  const finish = (): Promise<Detection> => {
    const sessions = closed
    closed = []
    for (const session of sessions) session.events = session.events.map(idOf)
    return report.take(sessions)
  }
  return {
    model,
    feed(lines) {
      for (const line of lines) parser.feed(line, push)
      return finish()
    },
    feedRows: async () => {
      throw wrongInput(LINES, EVENTS)
    },
    async flush() {
      parser.flush(push)
      closed = closed.concat(sequencer.flush())
      return joined(await finish(), await report.end())
    },
  }
}
