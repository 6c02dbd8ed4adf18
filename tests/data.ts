import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

const root = process.env.LOGBERT_DATA ?? resolve(import.meta.dir, '../../shared/data')

/** Absolute path of a file of the real data sets that tests and benchmarks read. */
export const dataPath = (name: string): string => resolve(root, name)

/**
 * Why a test on real data cannot run here, or undefined when it can. With LOGBERT_REQUIRE_DATA=1
 * absence is an error, so that nothing is skipped in silence.
 */
export const withoutData = (...names: string[]): string | undefined => {
  const missing = names.map(dataPath).filter(path => !existsSync(path))
  if (missing.length === 0) return undefined
  const reason = `real data is absent: ${missing.join(', ')} (set LOGBERT_DATA to its folder)`
  if (process.env.LOGBERT_REQUIRE_DATA === '1') throw new Error(reason)
  return reason
}

/** Text of a data file; `.gz` is unpacked. */
export const readData = async (name: string): Promise<string> => {
  const bytes = await Bun.file(dataPath(name)).bytes()
  return new TextDecoder().decode(name.endsWith('.gz') ? Bun.gunzipSync(bytes) : bytes)
}
