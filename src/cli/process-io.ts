import type { Io } from './command.ts'

const BLOCK = 1 << 16
/** Longest that output waits for its block to fill: somebody may watch. */
const LONGEST_WAIT_MS = 20

/** Standard output and error of this process; output is written in blocks. */
export const processIo = (): Io & { end(): Promise<void> } => {
  let waiting: string[] = []
  let size = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let written = Promise.resolve()
  // The reader is gone (`| head`): nobody wants the rest.
  process.stdout.on('error', (error: { code?: string }) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const write = (text: string): Promise<void> =>
    new Promise(resolve => process.stdout.write(text, () => resolve()))
  const end = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    if (size === 0) return written
    const text = waiting.join('')
    waiting = []
    size = 0
    written = written.then(() => write(text))
    return written
  }
  return {
    async out(text) {
      waiting.push(text)
      size += text.length
      if (size >= BLOCK) await end()
      else timer ??= setTimeout(end, LONGEST_WAIT_MS)
    },
    err: text => {
      process.stderr.write(text)
    },
    end,
    terminal: process.stderr.isTTY === true,
    env: process.env,
  }
}
