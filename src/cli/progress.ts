import type { Io } from './command.ts'

export interface ProgressState {
  /** What is being done. */
  phase: string
  /** From 0 to 1; absent where the end is not known. */
  share?: number
  /** What a person wants to read beside it. */
  note?: string
}

/** Shows progress: one bar that is redrawn on a terminal, else a plain line now and then. */
export interface Progress {
  update(state: ProgressState): void
  /** Takes the bar away. */
  end(): void
}

const WIDTH = 24
const DRAW_MS = 100
const LINE_MS = 5000

export const createProgress = (io: Io, now: () => number = () => performance.now()): Progress => {
  const gap = io.terminal ? DRAW_MS : LINE_MS
  let phase = ''
  let started = now()
  let drawn = Number.NEGATIVE_INFINITY
  let visible = false
  return {
    update(state) {
      const time = now()
      const fresh = state.phase !== phase
      if (fresh) {
        phase = state.phase
        started = time
        // In a log file a phase that is over at once deserves no line.
        if (!io.terminal) drawn = time
      }
      const due = io.terminal ? fresh || state.share === 1 : false
      if (!due && time - drawn < gap) return
      drawn = time
      const text = describe(state, (time - started) / 1000)
      io.err(io.terminal ? `\r\u001b[2K${text}` : `${text}\n`)
      visible = io.terminal
    },
    end() {
      if (visible) io.err('\r\u001b[2K')
      visible = false
    },
  }
}

const describe = ({ phase, share, note }: ProgressState, seconds: number): string => {
  const parts = [phase]
  if (share !== undefined) {
    const full = Math.round(share * WIDTH)
    parts.push(`${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${Math.round(100 * share)} %`)
    if (share > 0.02 && share < 1) parts.push(`${duration((seconds * (1 - share)) / share)} left`)
  }
  if (note !== undefined) parts.push(note)
  return parts.join('  ')
}

/** Seconds as a person says them. */
export const duration = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 100) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 100 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`
}
