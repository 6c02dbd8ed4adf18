import { readData } from '../../data.ts'

const HEAD = /^(\d{2})(\d{2})(\d{2}) (\d{2})(\d{2})(\d{2})/
const BLOCK = /blk_(-?\d+)/g

const two = (value: number): string => `${value}`.padStart(2, '0')

/** Epoch ms at the head of a line. */
const timeOf = (line: string): number => {
  const [, year, month, day, hour, minute, second] = HEAD.exec(line) ?? []
  return Date.UTC(2000 + +year!, +month! - 1, +day!, +hour!, +minute!, +second!)
}

/** Heads moved on by so many ms; lines of one second come together. */
const createMove = (ms: number): ((line: string) => string) => {
  let last = ''
  let head = ''
  return line => {
    const own = line.slice(0, 13)
    if (own !== last) {
      last = own
      const at = new Date(timeOf(line) + ms)
      const date = [at.getUTCFullYear() % 100, at.getUTCMonth() + 1, at.getUTCDate()]
      const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()]
      head = `${date.map(two).join('')} ${time.map(two).join('')}`
    }
    return head + line.slice(13)
  }
}

/** The log of HDFS_2pct as its lines. */
export const hdfsLines = async (): Promise<string[]> =>
  (await readData('hdfs_2pct/HDFS_2pct.log.gz')).split('\n').filter(Boolean)

/** The same log again and again, each round right after the one before, with blocks of its own. */
export function* hdfsStream(log: readonly string[], lines: number): Generator<string> {
  const span = timeOf(log.at(-1)!) - timeOf(log[0]!) + 1000
  for (let round = 0, sent = 0; sent < lines; round++) {
    const move = createMove(span * round)
    for (const line of log) {
      if (sent++ >= lines) return
      yield round === 0 ? line : move(line).replace(BLOCK, `blk_$1${round}`)
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
