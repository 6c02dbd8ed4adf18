import { LogbertError } from '../errors.ts'
import type { LogEvent, LogLine } from '../types.ts'
import { createDrain, type DrainOptions, type Group, rootOf } from './drain.ts'
import { FormTable } from './form-table.ts'
import { learnHeader } from './header.ts'
import type { HeaderFields, HeaderOptions, HeaderPlan } from './header-plan.ts'
import { createHeaderFields, createHeaderReader } from './header-reader.ts'
import { fittingPlan } from './known-header.ts'
import { createMasker, type MaskOptions, type Scan } from './mask.ts'
import { type LiveState, type ParserSnapshot, readParserSnapshot } from './parser-snapshot.ts'
import { apart, maskedLine, renderTemplate } from './shape.ts'
import { createSourceTable, type Source } from './source-table.ts'
import { createTemplateStore } from './template-store.ts'
import { findUserPatterns, type UserPattern } from './user-mask.ts'

export type ParserMode = 'learn' | 'extend' | 'frozen'

export interface ParserOptions {
  /** Default 'learn'. */
  mode?: ParserMode
  header?: HeaderOptions
  mask?: MaskOptions
  /** Values that only the user knows, found before all others. */
  patterns?: readonly UserPattern[]
  drain?: DrainOptions
  /** Longest line, UTF-16 units; the rest is cut off. Default 65,536. */
  maxLine?: number
  /** Most templates; the least recently used go. Default 100,000. */
  maxTemplates?: number
  /** Most sources whose header is remembered; the least recently used go. Default 4,096. */
  maxSources?: number
  /** Lines, and their UTF-16 units, that wait while a header is learned. Default 1000 and 1 MB. */
  headerLines?: number
  headerChars?: number
}

export interface ParserStats {
  lines: number
  /** Lines longer than `maxLine`. */
  cutLines: number
  /** Lines of more tokens than `maxTokens`. */
  cutTokens: number
  /** Lines that fit no template in frozen mode. */
  unmatched: number
  /** Lines whose masked form had not been seen. */
  newForms: number
  evictedTemplates: number
  evictedSources: number
  templates: number
  sources: number
}

export interface Parser {
  /**
   * Feeds one line; `emit` gets every event that is ready, in input order per source. While the
   * header of a new source is being learned its lines wait.
   */
  feed(line: LogLine, emit: (event: LogEvent) => void): void
  /** Emits what waits. */
  flush(emit: (event: LogEvent) => void): void
  /**
   * 'learn': templates are made and merged; 'extend': known templates never change, new ones may be
   * added; 'frozen': nothing is learned, an unmatched line has templateId -1 and its masked text.
   */
  mode: ParserMode
  /** The id that stands for this one now. */
  resolve(id: number): number
  template(id: number): string | undefined
  /** The same, or a stand-in for an id that nobody knows. */
  textOf(id: number): string
  /** Lines that wait for the header of their source. */
  readonly waiting: number
  /** Positions of the lines that wait, as far as they have any. */
  held(): number[]
  snapshot(): ParserSnapshot
  /** The snapshot with what a stream needs to go on exactly as it would have: lines that wait, too. */
  state(): ParserSnapshot
  /** The message of a line of a known source: what its event's text was. */
  message(line: LogLine): string
  /** The template of a line seen before, which does not count as a line. */
  identify(line: LogLine): number
  /**
   * The templates that messages would get now, −1 where they fit none. Nothing is learned. What the
   * first lines of a log were filed under may have been superseded since.
   */
  refile(messages: readonly string[]): number[]
  /** The id of a template's text, made when there is none. */
  intern(text: string): number
  readonly stats: Readonly<ParserStats>
}

/** Each field is read once: reading cuts it out of the line. */
const addHeader = (event: LogEvent, header: HeaderFields): void => {
  const { level, component, process, thread, fields } = header
  if (level !== undefined) event.level = level
  if (component !== undefined) event.component = component
  if (process !== undefined) event.process = process
  if (thread !== undefined) event.thread = thread
  if (fields !== undefined) event.fields = fields
}

/** Fewer lines of a source may say less about its header than what is known of other sources. */
const FEW_LINES = 100
/** Characters of lines that wait in all sources together; beyond it the first to wait is settled. */
const MOST_WAITING = 32 << 20
/** So many lines show that a new source is laid out as a known one. */
const FEW_KNOWN = 20

/**
 * Turns lines into events: header off, values masked, template found. Deterministic: the same lines
 * in the same order give the same events. Throws BAD_BUNDLE for a snapshot of another version or
 * shape, BAD_CONFIG for a user pattern that is wrong or may take too long.
 */
export const createParser = (options: ParserOptions = {}, from?: ParserSnapshot): Parser => {
  const maxLine = options.maxLine ?? 65_536
  const maxTemplates = options.maxTemplates ?? 100_000
  const maxSources = options.maxSources ?? 4_096
  const headerLines = options.headerLines ?? 1_000
  const headerChars = options.headerChars ?? 1 << 20
  if (maxLine < 1 || maxTemplates < 1 || maxSources < 1) {
    throw new LogbertError(
      'BAD_CONFIG',
      `cannot make a parser with maxLine ${maxLine}, maxTemplates ${maxTemplates}, maxSources ${maxSources}: each must be at least 1`,
    )
  }
  const find = options.patterns?.length ? findUserPatterns(options.patterns) : undefined
  const mask = createMasker(options.mask, find)
  const stored = from === undefined ? undefined : readParserSnapshot(from)
  const store = createTemplateStore(stored?.templates)
  const drain = createDrain(store, options.drain, stored?.varyingKeys)
  for (const { id, ...line } of stored?.groups ?? []) drain.restore(line, id)
  const forms = new FormTable(1 << 17)
  const sources = createSourceTable(maxSources)
  const fields: HeaderFields = createHeaderFields()
  const stats: ParserStats = {
    lines: 0,
    cutLines: 0,
    cutTokens: 0,
    unmatched: 0,
    newForms: 0,
    evictedTemplates: 0,
    evictedSources: 0,
    templates: 0,
    sources: 0,
  }
  let mode: ParserMode = options.mode ?? 'learn'
  let tick = 0
  let waitingChars = 0

  for (const [name, plan] of stored?.headers ?? []) sources.add(name, plan)
  const live = stored?.live
  for (const saved of live?.sources ?? []) sources.restore(saved)
  if (live !== undefined) {
    tick = live.tick
    for (const source of sources.all()) waitingChars += source.waitingChars
    for (const [i, group] of [...drain.groups()].entries()) group.used = live.used[i] ?? 0
  }

  const placeNew = (text: string, from: number, scan: Scan): Group => {
    stats.newForms++
    const line = apart(maskedLine(text, from, scan))
    let group = drain.place(line, mode)
    if (group === undefined) {
      const { text: template, slots } = renderTemplate(line)
      group = { ...line, template, templateId: -1, slots, parent: undefined, used: tick, made: 0 }
    }
    forms.set(scan.h1, scan.h2, group)
    if (drain.size > maxTemplates) {
      const gone = drain.evict(Math.ceil(maxTemplates / 10))
      stats.evictedTemplates += gone
      forms.clear()
    }
    return group
  }

  const groupOf = (text: string, from: number, scan: Scan): Group => {
    const known = forms.get(scan.h1, scan.h2)
    const group = known === undefined ? placeNew(text, from, scan) : rootOf(known)
    group.used = ++tick
    return group
  }

  const parse = (source: Source, line: LogLine): LogEvent => {
    const start = source.reader!.read(line.text, line.arrived, fields)
    const message = fields.message
    const text = message ?? line.text
    const from = message === undefined ? start : 0
    const scan = mask(text, from)
    if (scan.cut) stats.cutTokens++
    const group = groupOf(text, from, scan)
    if (group.templateId < 0) stats.unmatched++
    source.lines++
    const { slots } = group
    const parameters: string[] = []
    for (let k = 0; k < slots.length; k += 2) {
      parameters.push(text.slice(scan.starts[slots[k]], scan.ends[slots[k + 1]]))
    }
    const event: LogEvent = {
      line: line.position ?? source.lines,
      at: fields.at,
      dated: fields.dated,
      source: source.name,
      text: from === 0 ? text : text.slice(from),
      template: group.template,
      templateId: group.templateId,
      parameters,
    }
    if (line.keys !== undefined) event.keys = line.keys
    addHeader(event, fields)
    stats.lines++
    return event
  }

  const knownPlan = ({ waiting }: Source): HeaderPlan | undefined => {
    if (options.header?.format !== undefined && options.header.format !== 'auto') return undefined
    const plans = [...sources.all()].flatMap(({ plan }) => (plan === undefined ? [] : [plan]))
    return fittingPlan(
      plans,
      waiting.map(line => line.text),
    )
  }
  /** Whether the lines that wait say enough: many, or a few that are laid out as known ones are. */
  const isReady = (source: Source): boolean => {
    const lines = source.waiting.length
    if (lines >= headerLines || source.waitingChars >= headerChars) return true
    return mode !== 'learn' && lines === FEW_KNOWN && knownPlan(source) !== undefined
  }

  /** Learns the header of a source, then the templates of all that waits, then emits it. */
  const settle = (source: Source, emit: (event: LogEvent) => void): void => {
    const { waiting } = source
    if (source.reader === undefined) {
      const texts = waiting.map(line => line.text)
      const known = mode === 'learn' && texts.length >= FEW_LINES ? undefined : knownPlan(source)
      source.plan = known ?? learnHeader(texts, options.header)
      source.reader = createHeaderReader(source.plan)
    }
    source.waiting = []
    waitingChars -= source.waitingChars
    source.waitingChars = 0
    if (mode === 'learn') {
      for (const line of waiting) {
        const start = source.reader.read(line.text, line.arrived, fields)
        const text = fields.message ?? line.text
        const from = fields.message === undefined ? start : 0
        groupOf(text, from, mask(text, from))
      }
    }
    for (const line of waiting) emit(parse(source, line))
  }

  const snapshot = (): ParserSnapshot => ({
    kind: 'parser/1',
    headers: [...sources.all()].flatMap(({ name, plan }) => (plan ? [[name, plan]] : [])),
    templates: store.snapshot(),
    varyingKeys: drain.varyingKeys(),
    groups: [...drain.groups()].map(({ gaps, words, solid, templateId }) => ({
      gaps,
      words,
      ...(solid === undefined ? {} : { solid }),
      id: templateId,
    })),
  })
  const liveState = (): LiveState => ({
    tick,
    used: [...drain.groups()].map(group => group.used),
    sources: sources.saved(),
  })
  /** Where the message of a line begins, or the message where it is no part of the line. */
  const messageOf = ({ text, source, arrived }: LogLine): [text: string, from: number] => {
    const known = sources.peek(source)?.reader
    if (known === undefined) return [text, 0]
    const start = known.read(text, arrived, fields)
    return fields.message === undefined ? [text, start] : [fields.message, 0]
  }

  return {
    feed(line, emit) {
      const source = sources.get(line.source, gone => {
        if (gone.waiting.length > 0) settle(gone, emit)
      })
      let given = line
      if (line.text.length > maxLine) {
        stats.cutLines++
        given = { ...line, text: line.text.slice(0, maxLine) }
      }
      if (source.reader !== undefined) {
        emit(parse(source, given))
        return
      }
      source.waiting.push(given)
      source.waitingChars += given.text.length
      waitingChars += given.text.length
      if (isReady(source)) settle(source, emit)
      if (waitingChars > MOST_WAITING) settle(sources.firstWaiting() ?? source, emit)
    },
    flush(emit) {
      for (const source of sources.all()) if (source.waiting.length > 0) settle(source, emit)
    },
    get mode() {
      return mode
    },
    set mode(next) {
      if (next === mode) return
      mode = next
      // Lines that fitted nothing while frozen may now make templates.
      forms.clear()
    },
    resolve: id => store.resolve(id),
    message(line) {
      const [text, from] = messageOf(line)
      return text.slice(from)
    },
    identify(line) {
      const [text, from] = messageOf({ ...line, text: line.text.slice(0, maxLine) })
      return store.resolve(groupOf(text, from, mask(text, from)).templateId)
    },
    refile(messages) {
      const before = mode
      mode = 'frozen'
      forms.clear()
      const ids = messages.map(text => store.resolve(groupOf(text, 0, mask(text, 0)).templateId))
      mode = before
      forms.clear()
      return ids
    },
    intern: text => store.intern(text),
    template: id => store.text(id),
    textOf: id => store.text(id) ?? `template ${id}`,
    get waiting() {
      return sources.waiting()
    },
    held: () =>
      [...sources.all()].flatMap(({ waiting }) => waiting.flatMap(line => line.position ?? [])),
    snapshot,
    state: () => {
      // What forms had been found may not tell a restored parser from this one.
      forms.clear()
      return { ...snapshot(), live: liveState() }
    },
    get stats() {
      return {
        ...stats,
        evictedSources: sources.evicted,
        templates: store.size,
        sources: sources.size,
      }
    },
  }
}
