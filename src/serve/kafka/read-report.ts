import type { StoredReport } from '../../db/database.ts'

/**
 * A report that a node has published, where it is news here: each comes when it is made, and once more
 * when it has words.
 */
export const newReport = (
  value: Buffer | null,
  known: (id: string) => StoredReport | undefined,
): StoredReport | undefined => {
  const given = readReport(value)
  const stored = given && known(given.id)
  if (stored === undefined) return given
  return 'narrative' in given!.report && !('narrative' in stored.report) ? given : undefined
}

/** A report that a node has published; undefined for what is none. */
const readReport = (value: Buffer | null): StoredReport | undefined => {
  if (value === null) return undefined
  try {
    const read = JSON.parse(value.toString('utf8'))
    const whole =
      typeof read.id === 'string' &&
      Number.isFinite(read.created) &&
      typeof read.report === 'object' &&
      read.report !== null
    return whole ? read : undefined
  } catch {
    return undefined
  }
}
