import { type Readable, readReport } from '../api/read-report.ts'
import type { MadeReport } from '../api/root-causes.ts'
import { make } from './make.ts'
import { askRating, type Rating } from './rate-report.ts'
import { type ReportCard, showReport } from './report-card.ts'

/** Sentences of a report as they are written, or that they are taken back. */
export type RcaText = { id: string } & (
  | { chunk: string; evidence: readonly string[] }
  | { withdrawn: true }
)

/** The latest report of each incident, and its words as they come. */
export interface Reports {
  /** Where the report of an incident is, or will be: the same element each time. */
  of(incident: string): HTMLElement
  show(stored: Readable): void
  /** Unless there is one. */
  showPast(stored: Readable): void
  tell(text: RcaText): void
}

/** Incidents whose reports are kept. */
const MOST = 200

interface Shown {
  place: HTMLElement
  made?: MadeReport
  card?: ReportCard
}

/** @param rate stores what is said of a report */
export const createReports = (
  rate: (report: string, said: Rating) => Promise<unknown>,
): Reports => {
  const shown = new Map<string, Shown>()
  const entryOf = (incident: string): Shown => {
    const known = shown.get(incident) ?? { place: make('div', '') }
    shown.delete(incident)
    shown.set(incident, known)
    if (shown.size > MOST) shown.delete(shown.keys().next().value!)
    return known
  }
  const show = (stored: Readable): void => {
    const made = readReport(stored)
    if (made.incident === undefined) return
    const entry = entryOf(made.incident)
    if (entry.made !== undefined && entry.made.created > made.created) return
    // What is open stays open where only words have come.
    if (entry.made?.id !== made.id) {
      entry.card = showReport(
        made,
        askRating(said => rate(made.id, said)),
      )
      entry.place.replaceChildren(entry.card.card)
    }
    entry.made = made
    const { narrative } = made.report
    if (narrative === undefined) return
    entry.card?.unsay()
    for (const { text, evidence } of narrative.sentences) entry.card?.say(text, evidence)
  }
  return {
    of: incident => entryOf(incident).place,
    show,
    showPast(stored) {
      if (stored.incident !== undefined && shown.get(stored.incident)?.made === undefined)
        show(stored)
    },
    tell(text) {
      const card = [...shown.values()].find(({ made }) => made?.id === text.id)?.card
      if ('withdrawn' in text) card?.unsay()
      else card?.say(text.chunk, text.evidence)
    },
  }
}
