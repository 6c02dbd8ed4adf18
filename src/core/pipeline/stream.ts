import { LogbertError } from '../errors.ts'
import { createParser, type Parser } from '../parse/parser.ts'
import { readParserSnapshot } from '../parse/parser-snapshot.ts'
import { createSequencer, type SequencerOptions } from '../sequence/session.ts'
import type { Bundle } from '../store/bundle.ts'
import type { Anomaly, LogEvent, LogLine, Session } from '../types.ts'
import { type Carried, carry } from './carry.ts'
import { createDating } from './dating.ts'
import { createJudge, type Judged } from './judge.ts'
import type { Loader } from './loaded.ts'
import type { ModelParts } from './model-parts.ts'
import { parserOptions } from './parser-options.ts'
import { type SessionRecipe, sequencerOptions, streamIdleMs, windowIdleMs } from './recipe.ts'
import { createRegimes } from './regimes.ts'
import { createReport } from './report.ts'
import type {
  FailedSession,
  LogStream,
  StreamDetection,
  StreamOptions,
  StreamState,
  Taught,
} from './stream-types.ts'
import { taughtIds } from './taught.ts'
import { createUsage } from './usage.ts'

/** Longest wait of lines for the header of their source to be known, ms. */
const MOST_WAIT_MS = 2_000
/** Sources whose header is remembered. */
const MOST_SOURCES = 20_000
const KIND = 'stream/1'

/**
 * Opens a bundle for a stream without end, new or from a stored state.
 * @throws LogbertError BAD_INPUT for a model of sequences or a state of another version, BAD_BUNDLE
 * for a damaged bundle
 */
export const openStream = async (
  bundle: Bundle,
  options: StreamOptions,
  load: Loader,
): Promise<LogStream> => {
  const { parts, network } = await load(bundle, options.backend ?? 'auto')
  const { recipe } = parts
  if (recipe === undefined) throw notOfLines(bundle)
  const { name, version } = bundle.manifest
  const given = checkState(options.state)
  const known = new Set(readParserSnapshot(bundle.templates).templates.templates.map(([id]) => id))
  const place = { bundle, parts, recipe, options, known }
  const start = given?.model.version === version ? restore(place, given) : await begin(place, given)
  const { parser, state } = start
  const sequencer = createSequencer(sequencerOf(recipe, options), state?.sequencer)
  const judge = createJudge({
    detectors: parts.detectors,
    network,
    window: recipe.window,
    strange: state?.strange ?? [],
  })
  const regimes =
    options.drift === false ? undefined : createRegimes(false, parts.detectors, state?.drift)
  const usage = createUsage(parser, known, state?.usage)
  const date = createDating(state?.times)
  const report = createReport({
    ...{ judge, template: parser.template, explain: true },
    model: { name, version },
    regimes: regimes?.settle,
  })
  const totals = { lines: 0, sessions: 0, lost: 0, ...state?.totals }
  let as = (id: number): number => id
  let waited = state?.waited ?? 0
  let closed: Session[] = [...(state?.closed ?? [])]

  const push = (event: LogEvent): void => {
    // Groups may carry an id that was joined with another one while they were learned.
    const id = parser.resolve(event.templateId)
    event.templateId = id
    usage.count(event)
    event.templateId = as(id)
    for (const session of sequencer.push(date(event))) closed.push(session)
  }
  /** A session on which judging fails is left out, where judging works at all. */
  const judgeApart = async (
    sessions: readonly Session[],
    failed: FailedSession[],
  ): Promise<Judged[]> => {
    try {
      return await judge.judge(sessions)
    } catch {
      await judge.probe()
    }
    const judged: Judged[] = []
    for (const session of sessions) {
      try {
        judged.push(...(await judge.judge([session])))
      } catch (error) {
        const why = error instanceof Error ? error.message : `${error}`
        failed.push({ session: session.key, source: session.source, lines: session.lines, why })
      }
    }
    return judged
  }
  const finish = async (): Promise<StreamDetection> => {
    if (closed.length === 0) return { verdicts: [], anomalies: [], courses: [], failed: [] }
    const sessions = closed
    closed = []
    totals.sessions += sessions.length
    const failed: FailedSession[] = []
    const { odd, ...found } = await report(await judgeApart(sessions, failed))
    const anomalies = await shown(found.anomalies, parser, options.fetch)
    const courses = odd.map(({ kind, events }) => ({ kind, templates: events.map(parser.textOf) }))
    return { ...found, anomalies, courses, failed }
  }
  const teach = (taught: Taught): void => {
    const ids = taughtIds(taught, parser, known)
    judge.teach(ids)
    as = ids.as
  }
  if (options.taught !== undefined) teach(options.taught)
  for (const event of start.again) push(event)

  return {
    model: { name, version },
    feed(lines) {
      totals.lines += lines.length
      for (const line of lines) parser.feed(line, push)
      return finish()
    },
    tick(ms) {
      waited += ms
      if (waited >= MOST_WAIT_MS) {
        waited = 0
        parser.flush(push)
      }
      for (const session of sequencer.pass(ms)) closed.push(session)
      return finish()
    },
    end() {
      parser.flush(push)
      for (const session of sequencer.flush()) closed.push(session)
      return finish()
    },
    get waiting() {
      return sequencer.waiting || parser.waiting > 0
    },
    teach,
    warm: judge.warm,
    state: () => ({
      kind: KIND,
      model: { name, version },
      parser: parser.state(),
      recipe,
      sequencer: sequencer.snapshot(),
      drift: regimes?.state() ?? {},
      times: date.state(),
      strange: judge.strange(),
      usage: usage.state(),
      closed,
      ...{ waited, totals },
    }),
    *held() {
      yield* parser.held()
      for (const { lines } of [...sequencer.held(), ...closed]) yield* lines
    },
    templates: usage.list,
    get stats() {
      const { stats } = sequencer
      const { cutLines, sources, templates } = parser.stats
      return {
        ...totals,
        ...{ open: stats.open, held: stats.held, late: stats.late, evicted: stats.closed.evicted },
        ...{ sources, templates, unseen: usage.unseen, cut: cutLines },
        ...judge.cache(),
      }
    },
  }
}

interface Place {
  bundle: Bundle
  parts: ModelParts
  recipe: SessionRecipe
  options: StreamOptions
  /** Ids of the model's templates. */
  known: ReadonlySet<number>
}

/** What a stream begins with; `again` are events of open sessions that are to be pushed anew. */
interface Start {
  parser: Parser
  state: Partial<StreamState> | undefined
  again: LogEvent[]
}

const newParser = ({ parts }: Place, snapshot: unknown): Parser =>
  createParser(
    { ...parserOptions(parts.parse), mode: 'extend', maxSources: MOST_SOURCES },
    readParserSnapshot(snapshot),
  )

const restore = (place: Place, state: StreamState): Start => ({
  parser: newParser(place, state.parser),
  state,
  again: [],
})

/** A first start, or the start of another model on what was open. */
const begin = async (place: Place, before: StreamState | undefined): Promise<Start> => {
  const { bundle, recipe, options, known } = place
  const { taught } = options
  if (before === undefined)
    return { parser: newParser(place, bundle.templates), state: undefined, again: [] }
  const carried: Carried = await carry(before, {
    recipe,
    templates: readParserSnapshot(bundle.templates),
    open: snapshot => newParser(place, snapshot),
    ...(options.fetch && { fetch: options.fetch }),
    ...(taught && { as: (parser: Parser) => taughtIds(taught, parser, known).as }),
  })
  const { times, waited, totals } = before
  const { parser, sequencer, again, lost } = carried
  const kept = { times, waited, totals: { ...totals, lost: totals.lost + lost } }
  return { parser, state: { ...kept, sequencer }, again }
}

const sequencerOf = (recipe: SessionRecipe, options: StreamOptions): SequencerOptions => {
  const { quietMs, latenessMs, maxOpen, maxHeld, maxLength, fetch } = options
  const idleMs = options.idleMs ?? streamIdleMs(recipe)
  return {
    ...sequencerOptions(recipe),
    ...{ idleMs, windowIdleMs: options.idleMs ?? windowIdleMs(recipe) },
    keepTexts: fetch === undefined,
    ...(quietMs !== undefined && { quietMs }),
    ...(latenessMs !== undefined && { latenessMs }),
    ...(maxOpen !== undefined && { maxOpen }),
    ...(maxHeld !== undefined && { maxHeld }),
    ...(maxLength !== undefined && { maxLength }),
  }
}

/** Texts are fetched for the lines that are shown, and for no others. */
const shown = async (
  anomalies: Anomaly[],
  parser: Parser,
  fetch: StreamOptions['fetch'],
): Promise<Anomaly[]> => {
  if (fetch === undefined || anomalies.length === 0) return anomalies
  const lines = await fetch(anomalies.flatMap(anomaly => anomaly.lines.map(({ line }) => line)))
  let next = 0
  return anomalies.map(anomaly => ({
    ...anomaly,
    lines: anomaly.lines.map(line => {
      const raw: LogLine | undefined = lines[next++]
      return raw === undefined ? line : { ...line, text: parser.message(raw) }
    }),
  }))
}

const checkState = (state: StreamState | undefined): StreamState | undefined => {
  if (state === undefined || state.kind === KIND) return state
  throw new LogbertError(
    'BAD_INPUT',
    `going on with the stream failed: its state is ${JSON.stringify(state.kind)}, this program ` +
      `reads ${KIND}; use the version that wrote it, or start without it`,
  )
}

export const notOfLines = ({ manifest }: Bundle): LogbertError =>
  new LogbertError(
    'BAD_INPUT',
    `serving ${manifest.name}@${manifest.version} failed: it was trained on sequences of events, a ` +
      'stream is of log lines; train one on lines',
  )
