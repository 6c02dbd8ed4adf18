import type { Io } from './command.ts'

const BLOCK = 1 << 16

/** Standard output and error of this process; output is written in blocks. */
export const processIo = (): Io & { end(): Promise<void> } => {
  let waiting: string[] = []
  let size = 0
  // The reader is gone (`| head`): nobody wants the rest.
  process.stdout.on('error', (error: { code?: string }) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const end = async (): Promise<void> => {
    if (size === 0) return
    const text = waiting.join('')
    waiting = []
    size = 0
    await new Promise<void>(resolve => process.stdout.write(text, () => resolve()))
  }
  return {
    async out(text) {
      waiting.push(text)
      size += text.length
      if (size >= BLOCK) await end()
    },
    err: text => {
      process.stderr.write(text)
    },
    end,
    terminal: process.stderr.isTTY === true,
    env: process.env,
  }
}
