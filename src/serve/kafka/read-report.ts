import type { StoredReport } from '../../db/database.ts'

/** A report that a node has published; undefined for what is none. */
export const readReport = (value: Buffer | null): StoredReport | undefined => {
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
