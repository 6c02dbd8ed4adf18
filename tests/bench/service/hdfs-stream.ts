import { readData } from '../../data.ts'

const DAY_MS = 86_400_000
const HEAD = /^(\d{2})(\d{2})(\d{2}) (\d{2})(\d{2})(\d{2})/
const BLOCK = /blk_(-?\d+)/g

const two = (value: number): string => `${value}`.padStart(2, '0')

/** The time at the head of a line moved on. */
const moved = (line: string, days: number): string => {
  const [head, year, month, day] = HEAD.exec(line) ?? []
  if (head === undefined) return line
  const at = new Date(Date.UTC(2000 + +year!, +month! - 1, +day!) + days * DAY_MS)
  const date = `${two(at.getUTCFullYear() % 100)}${two(at.getUTCMonth() + 1)}${two(at.getUTCDate())}`
  return date + line.slice(6)
}

/** The log of HDFS_2pct as its lines. */
export const hdfsLines = async (): Promise<string[]> =>
  (await readData('hdfs_2pct/HDFS_2pct.log.gz')).split('\n').filter(Boolean)

/** The same log again and again, each time on later days and with blocks that were never seen. */
export function* hdfsStream(log: readonly string[], lines: number): Generator<string> {
  for (let round = 0, sent = 0; sent < lines; round++) {
    for (const line of log) {
      if (sent++ >= lines) return
      yield round === 0 ? line : moved(line, 3 * round).replace(BLOCK, `blk_$1${round}`)
    }
  }
}

/** Bodies of POST /logs of so many lines each. */
export const bodiesOf = (lines: Iterable<string>, size: number): Uint8Array<ArrayBuffer>[] => {
  const encoder = new TextEncoder()
  const bodies: Uint8Array<ArrayBuffer>[] = []
  let body: string[] = []
  const end = (): void => {
    if (body.length > 0) bodies.push(encoder.encode(`${body.join('\n')}\n`))
    body = []
  }
  for (const line of lines) {
    body.push(line)
    if (body.length === size) end()
  }
  end()
  return bodies
}
