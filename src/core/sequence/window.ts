import { LogbertError } from '../errors.ts'
import type { LogEvent, Session } from '../types.ts'
import type { Clock } from './clock.ts'
import {
  append,
  closeSession,
  copyOf,
  dropFirst,
  type OpenSession,
  openSession,
} from './open-session.ts'

/** How a stream without a session key is cut: `step` = `size` tumbles, a smaller one slides. */
export interface WindowRule {
  by: 'count' | 'time'
  /** Events, or milliseconds. */
  size: number
  /** From one window's start to the next; the size when absent. */
  step?: number
  /**
   * A last window with too few events reaches back into the one before, so that it is not odd just
   * for being short. Default false. Count windows only.
   */
  full?: boolean
}

/** Events of one time window are at most this many; a longer one is cut. */
const MAX_WINDOW_EVENTS = 10_000

/** @throws LogbertError BAD_CONFIG when sizes make no windows. */
export const checkWindow = (rule: WindowRule): Required<WindowRule> => {
  const { by, size, step = size, full = false } = rule
  const sound = Number.isInteger(size) && size >= 1 && Number.isInteger(step) && step >= 1
  if (!sound || step > size || (by === 'count' && size > MAX_WINDOW_EVENTS)) {
    throw new LogbertError(
      'BAD_CONFIG',
      `cutting windows of size ${size} and step ${step} failed: both must be whole numbers from ` +
        `1, the step no larger than the size, at most ${MAX_WINDOW_EVENTS} events; change 'window'`,
    )
  }
  return { by, size, step, full }
}

/** Windows that a training log should give, so that thresholds rest on something. */
const WANTED_WINDOWS = 500
const MIN_SIZE = 10
const MAX_SIZE = 100

/**
 * The window for a log of which `lines` lines have no key: 10 to 100 events, tumbling, so that a
 * short log still gives many windows and a long one gives windows that hold whole patterns.
 */
export const windowFor = (lines: number): WindowRule => {
  const size = Math.round(lines / WANTED_WINDOWS)
  return { by: 'count', size: Math.min(MAX_SIZE, Math.max(MIN_SIZE, size)) }
}

export interface WindowState {
  fresh: number
  /** Start of the open time window, epoch ms. */
  start: number
  open: OpenSession | null
  /** The last whole window, for a last one that reaches back. */
  before?: OpenSession | null
}

/** The windows of one stream. Every event is in at least one of them. */
export interface Windower {
  push(event: LogEvent, out: Session[]): void
  /** Closes what is open, as the last, shorter window. */
  close(closedBy: Session['closedBy'], out: Session[]): void
  /**
   * The stream is silent: gives what no window held yet. A rule of full windows gives an early look
   * at the last ones and goes on filling the open window, so that windows never depend on silence.
   */
  rest(out: Session[]): void
  /** Whether no window held the latest events yet. */
  readonly waiting: boolean
  /** Events held, those of the whole window before included. */
  readonly held: number
  /** Elapsed time of the clock at the latest event. */
  readonly touched: number
  /** The latest event came at the present time of the clock. */
  touchAgain(): void
  state(): WindowState
}

export interface WindowerOptions {
  source: string
  /** Before the line numbers in a window's name. */
  name: string
  clock: Clock
  keepTexts: boolean
}

export const createWindower = (
  rule: Required<WindowRule>,
  options: WindowerOptions,
  from?: WindowState,
): Windower => {
  const { clock, source, name, keepTexts } = options
  const { by, size, step, full } = rule
  /** Events that no emitted window holds yet. */
  let fresh = from?.fresh ?? 0
  let start = from?.start ?? 0
  let open = from?.open ?? undefined
  let before = from?.before ?? undefined

  const emit = (closedBy: Session['closedBy'], out: Session[], given = open): void => {
    if (given === undefined || fresh === 0) return
    const key = `${name}lines ${given.lines[0]}-${given.lines.at(-1)}`
    // The open window may go on to grow: what is given out is a copy.
    const session = closeSession({ ...copyOf(given), key }, closedBy)
    if (fresh < session.events.length) session.fresh = fresh
    out.push(session)
    fresh = 0
  }
  const reset = (): void => {
    open = undefined
    fresh = 0
  }
  /** Emits the windows that end before `time` and keeps what the next ones share with them. */
  const roll = (time: number, out: Session[]): void => {
    const overlap = Math.ceil(size / step)
    const first = (Math.floor(time / step) - overlap + 1) * step
    for (let i = 0; i <= overlap && open !== undefined && time >= start + size; i++) {
      emit('window', out)
      start += step
      keepFrom(start)
    }
    // Stamps that jumped leave no overlap to keep.
    if (open !== undefined && (time < start || time >= start + size)) {
      emit('window', out)
      reset()
    }
    if (open === undefined) start = first
  }
  const keepFrom = (from: number): void => {
    if (open === undefined) return
    let gone = 0
    while (gone < open.at.length && open.at[gone]! < from) gone++
    if (gone === open.at.length) reset()
    else dropFirst(open, gone)
  }
  const add = (event: LogEvent): void => {
    open ??= openSession('', source, 'window', keepTexts)
    append(open, event, clock.elapsed)
    fresh += 1
  }
  const push = (event: LogEvent, out: Session[]): void => {
    if (by === 'time') roll(clock.now, out)
    add(event)
    const most = by === 'count' ? size : MAX_WINDOW_EVENTS
    if (open!.events.length < most) return
    emit(by === 'count' ? 'window' : 'length', out)
    if (by === 'count' && step < size) dropFirst(open!, step)
    else {
      if (full && by === 'count') before = open
      reset()
    }
  }
  const last = (): OpenSession | undefined =>
    open === undefined || before === undefined ? open : lastOf(before, open, size)
  const close = (closedBy: Session['closedBy'], out: Session[]): void => {
    emit(closedBy, out, last())
    reset()
    before = undefined
  }
  const rest = (out: Session[]): void => {
    if (full && by === 'count') emit('idle', out, last())
    else close('idle', out)
  }
  return {
    push,
    close,
    rest,
    get waiting() {
      return fresh > 0
    },
    get held() {
      return (open?.events.length ?? 0) + (before?.events.length ?? 0)
    },
    get touched() {
      return open?.touched ?? Number.POSITIVE_INFINITY
    },
    touchAgain: () => {
      if (open !== undefined) open.touched = clock.elapsed
    },
    state: () => ({ fresh, start, open: open ?? null, before: before ?? null }),
  }
}

/** The last `size` events of two windows in a row. */
const lastOf = (before: OpenSession, open: OpenSession, size: number): OpenSession => {
  if (open.events.length >= size) return open
  const join = <T>(a: readonly T[], b: readonly T[]): T[] => [...a, ...b].slice(-size)
  return {
    ...open,
    events: join(before.events, open.events),
    at: join(before.at, open.at),
    lines: join(before.lines, open.lines),
    ...(open.texts && before.texts && { texts: join(before.texts, open.texts) }),
  }
}
