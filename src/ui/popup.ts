import type { Incident } from '../core/incident/incident.ts'
import { make } from './make.ts'

const SHOWN_MS = 8_000
const MOST = 4

/** What happened to an incident that people are told of at once. */
export const NEWS: Record<string, string> = {
  opened: 'new',
  reopened: 'it is back',
  worsened: 'it got worse',
}

/** Pops an incident up for a few seconds. */
export const popUp = (place: HTMLElement, news: string, incident: Incident): void => {
  const popup = make('div', `popup ${incident.severity}`)
  popup.append(
    make('b', '', `${news} · ${incident.severity} · ${incident.worst.source}`),
    make('strong', '', incident.title),
    make('span', '', incident.worst.text),
  )
  place.append(popup)
  while (place.childElementCount > MOST) place.firstElementChild!.remove()
  setTimeout(() => popup.remove(), SHOWN_MS)
}
