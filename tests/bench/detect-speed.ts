import { serializeDetector } from '../../src/core/detect/calibration.ts'
import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { distinct } from '../../src/core/sequence/sequence-set.ts'
import { firstOf, readHdfs } from './detect-data.ts'
import { STAND_INS } from './detect-standins.ts'

const megabytes = (): number => {
  Bun.gc(true)
  return process.memoryUsage().rss / 2 ** 20
}

const measure = (name: string, training: number[][], live: readonly number[][]): void => {
  const set = distinct(training)
  const before = megabytes()
  const start = performance.now()
  const detector = fitDetector(set, { budget: 0.001, seed: 1 })
  const fitted = performance.now()
  for (const session of live) detector.score(session)
  const seconds = (performance.now() - fitted) / 1000
  const fresh = distinct([...live]).sequences
  const cold = performance.now()
  const again = fitDetector(set, { budget: 0.001, seed: 1 })
  const refit = performance.now() - cold
  const from = performance.now()
  for (const session of fresh) again.score(session)
  const each = fresh.length / ((performance.now() - from) / 1000)
  const size = JSON.stringify(serializeDetector(detector)).length / 2 ** 20
  console.log(
    `  ${name.padEnd(22)} fit ${(fitted - start).toFixed(0)} ms, again ${refit.toFixed(0)} ms; ` +
      `${(live.length / seconds).toFixed(0)} sessions/s as they come, ` +
      `${each.toFixed(0)} distinct ones/s; +${(megabytes() - before).toFixed(0)} MB, ` +
      `${size.toFixed(2)} MB stored`,
  )
}

export const benchSpeed = async (): Promise<void> => {
  console.log('\nspeed and memory, one thread')
  const data = await readHdfs()
  for (const n of [1000, 4855, 50_000]) {
    const { training, normal } = firstOf(data, n)
    measure(`HDFS, ${n}`, training, normal)
  }
  for (const { name, make } of STAND_INS.filter(s => /2,000|800|1,500/.test(s.name))) {
    const { training, normal } = make(1)
    measure(name, training, normal)
  }
}
