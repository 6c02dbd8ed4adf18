import type { Anomaly } from '../core/types.ts'
import { make } from './make.ts'

const SHOWN_MS = 6_000
const MOST = 4

/** Pops an anomaly up for a few seconds. */
export const popUp = (place: HTMLElement, anomaly: Anomaly): void => {
  const popup = make('div', 'popup')
  const odd = anomaly.lines.find(line => line.odd)
  popup.append(
    make('b', '', `${anomaly.kind} · ${anomaly.source}`),
    make('span', '', odd?.text ?? anomaly.session),
  )
  place.append(popup)
  while (place.childElementCount > MOST) place.firstElementChild!.remove()
  setTimeout(() => popup.remove(), SHOWN_MS)
}
