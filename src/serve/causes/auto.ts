import {
  addWords,
  findingsOn,
  type MadeReport,
  makeReport,
  type ReportDeps,
} from '../../api/root-causes.ts'
import type { Config } from '../../config.ts'
import type { Incident, Severity } from '../../core/incident/incident.ts'
import { wordsOf } from '../pipeline/served.ts'

const EVERY_MS = 5_000
/** Open incidents that are looked at in a turn, the latest first. */
const MOST = 50
/** An incident that has grown so much since its report is looked into again. */
const GROWN = 2
const ORDER: readonly Severity[] = ['low', 'medium', 'high']

/**
 * Looks into grave incidents by itself, one after the other. What has been looked into is known from
 * the reports: a restart, or a report of another node, is not done again. Words follow, one report
 * after the other too, while the next incidents are looked into.
 * @returns how to end it
 */
export const lookIntoIncidents = (
  auto: Config['rca']['auto'],
  deps: ReportDeps,
  note: (text: string) => void,
): (() => void) => {
  if (auto === 'off') return () => undefined
  const severities = ORDER.slice(ORDER.indexOf(auto))
  const { db } = deps
  let timer: ReturnType<typeof setTimeout>
  let ended = false
  const ending = new AbortController()
  let words: Promise<unknown> = Promise.resolve()
  let waiting = 0
  const word = (made: MadeReport): void => {
    if (deps.narrate === undefined) return
    // More would be old news by the time it is their turn.
    if (waiting >= MOST) {
      deps.metrics.textFailures.inc({ reason: 'busy' })
      return
    }
    waiting++
    words = words
      .then(() => addWords(deps, made, { signal: ending.signal }))
      .catch(error => {
        if (!ended) note(`words of a root cause were lost: ${wordsOf(error)}`)
      })
      .finally(() => waiting--)
  }
  const isWanted = ({ id, severity, anomalies }: Incident): boolean => {
    if (!severities.includes(severity)) return false
    const [latest] = db.reports.list({ incident: id, limit: 1 }).items
    return latest === undefined || anomalies >= GROWN * Number(latest.report.size ?? 0)
  }
  const look = async (): Promise<void> => {
    const { items } = db.incidents.list({ states: ['open', 'acknowledged'], limit: MOST })
    for (const incident of items) {
      if (ended || !isWanted(incident)) continue
      word(await makeReport(deps, findingsOn(deps, incident)))
    }
  }
  const again = (): void => {
    // Not all nodes at once.
    const wait = EVERY_MS * (0.5 + Math.random())
    timer = setTimeout(async () => {
      await look().catch(error => {
        if (!ended) note(`looking into incidents failed: ${wordsOf(error)}; it is tried again`)
      })
      if (!ended) again()
    }, wait)
  }
  again()
  return () => {
    ended = true
    ending.abort()
    clearTimeout(timer)
  }
}
