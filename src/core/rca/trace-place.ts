import { fieldOf } from '../sequence/key-rule.ts'
import type { LogEvent } from '../types.ts'
import { createIdFinder, type IdForm, idFormOf } from './id-shape.ts'

/** Where texts hold the id of the request: what stands before it, and how it looks. */
export interface TracePlace {
  /** Of the text, or of a field that is a text of its own. */
  field?: string
  /** `req:`, `r=`, `id="`; `^` where the text begins with it, empty where it stands anywhere. */
  labels: string[]
  /** Where else the same ids stand, in lines that are laid out differently. */
  others?: { field?: string; labels: string[] }[]
  form: IdForm
}

const TOKEN = /[A-Za-z0-9][A-Za-z0-9_-]{7,63}/g
const DATE = /^\d{4}-\d\d-\d\d|^\d{1,7}$/
/** A name with a sign behind it. */
const LABEL = /(?:^|[\s([{,;|"'])([A-Za-z_][\w.@-]{0,24}["']?\s?[=:]\s?["']?)$/
const MOST_READ = 2_000
const MOST_TOKENS = 12
/** Ids and places that are looked at. */
const MOST_IDS = 50_000
const MOST_PLACES = 200
/** Share of the lines that must carry an id. */
const OFTEN = 0.1
/** Fewer ids may be names of things, as are ids that live for so much of the stretch. */
const LEAST_IDS = 20
const MOST_LIFE = 0.2
/** A request writes several lines. */
const LEAST_LINES = 2

interface Id {
  lines: number
  owners: Set<string>
  first: number
  last: number
}

interface Place {
  field: string | undefined
  label: string
  shape: string
  ids: Map<string, Id>
  lines: number
}

/**
 * Finds where lines without a field for it carry the id of their request: short-lived ids that
 * several lines share, and most of all lines of several services.
 */
export const findTracePlace = (
  sample: readonly LogEvent[],
  ownerOf: (event: LogEvent) => string,
): TracePlace | undefined => {
  const places = new Map<string, Place>()
  let known = 0
  let begin = Infinity
  let end = -Infinity
  for (const event of sample) {
    begin = Math.min(begin, event.at)
    end = Math.max(end, event.at)
    const seen = new Set<string>()
    for (const { field, text } of textsOf(event)) {
      for (const { id, label } of idsIn(text)) {
        const shape = shapeOf(id)
        const key = `${field ?? ''}\0${label}\0${shape}`
        if (seen.has(key)) continue
        seen.add(key)
        let place = places.get(key)
        if (place === undefined) {
          if (places.size >= MOST_PLACES) continue
          place = { field, label, shape, ids: new Map(), lines: 0 }
          places.set(key, place)
        }
        let own = place.ids.get(id)
        if (own === undefined) {
          if (known >= MOST_IDS) continue
          known++
          own = { lines: 0, owners: new Set(), first: event.at, last: event.at }
          place.ids.set(id, own)
        }
        place.lines++
        own.lines++
        own.owners.add(ownerOf(event))
        own.last = Math.max(own.last, event.at)
        own.first = Math.min(own.first, event.at)
      }
    }
  }
  const owners = new Set(sample.slice(0, 2_000).map(ownerOf)).size
  let best: { place: Place; worth: number } | undefined
  for (const place of places.values()) {
    const worth = worthOf(place, sample.length, end - begin, owners > 1)
    if (worth > (best?.worth ?? 0)) best = { place, worth }
  }
  if (best === undefined) return undefined
  const { place } = best
  const form = idFormOf(place.ids.keys())
  if (form === undefined) return undefined
  const byField = new Map<string | undefined, string[]>()
  for (const { field, label } of [place, ...alsoAt(place, places.values())]) {
    byField.set(field, [...(byField.get(field) ?? []), label])
  }
  const [first, ...others] = [...byField].map(([field, labels]) => ({
    ...(field !== undefined && { field }),
    labels,
  }))
  return { ...first!, ...(others.length > 0 && { others }), form }
}

/** Share of the ids of another place that are ids of the first one as well. */
const SAME = 0.5

/** Other places that hold the same ids, as the lines of several programs do. */
const alsoAt = (place: Place, all: Iterable<Place>): Place[] => {
  const { ids, shape } = place
  return [...all].filter(other => {
    if (other === place || other.shape !== shape) return false
    const same = [...other.ids.keys()].filter(id => ids.has(id)).length
    return other.ids.size >= LEAST_IDS && same >= SAME * other.ids.size
  })
}

/** Lines that hang together by the ids of a place; 0 where they are no ids of requests. */
const worthOf = ({ ids, lines }: Place, of: number, span: number, several: boolean): number => {
  if (ids.size < LEAST_IDS || lines < OFTEN * of || lines < LEAST_LINES * ids.size) return 0
  const lives = [...ids.values()].map(({ first, last }) => last - first).sort((a, b) => a - b)
  if (lives[Math.floor(lives.length * 0.9)]! > MOST_LIFE * span) return 0
  let worth = 0
  for (const id of ids.values()) {
    if (several ? id.owners.size > 1 : id.lines > 1) worth += id.lines
  }
  return worth < OFTEN * of ? 0 : worth
}

/** The message, and fields that hold more than one word. */
const textsOf = (event: LogEvent): { field?: string; text: string }[] => {
  const texts: { field?: string; text: string }[] = [{ text: event.text }]
  const note = (field: string, text: string): void => {
    if (text !== event.text && (text.length >= 8 || /[=: ,|]/.test(text))) {
      texts.push({ field, text })
    }
  }
  // The first bracket of a header is called the thread, whatever it holds.
  if (event.thread !== undefined) note('thread', event.thread)
  for (const field in event.fields) note(field, event.fields[field]!)
  return texts
}

const idsIn = (text: string): { id: string; label: string }[] => {
  const part = text.slice(0, MOST_READ)
  const found: { id: string; label: string }[] = []
  for (const match of part.matchAll(TOKEN)) {
    const [id] = match
    if (!/\d/.test(id) || DATE.test(id)) continue
    found.push({ id, label: labelBefore(part, match.index) })
    if (found.length >= MOST_TOKENS) break
  }
  return found
}

const labelBefore = (text: string, at: number): string => {
  if (at === 0) return '^'
  const before = text.slice(Math.max(0, at - 32), at)
  return LABEL.exec(before)?.[1] ?? ''
}

/** Kind and length: ids of one place are made the same way. */
const shapeOf = (id: string): string => {
  const kind = /^\d+$/.test(id)
    ? 'd'
    : /^[0-9a-f]+$/.test(id)
      ? 'x'
      : /^[0-9A-F]+$/.test(id)
        ? 'X'
        : id.includes('-') || id.includes('_')
          ? '-'
          : /[a-z]/.test(id)
            ? 'l'
            : 'L'
  return `${kind === 'd' || kind === 'x' ? 'x' : kind}${id.length}`
}

/** Reads the id of the request from an event. */
export const createPlaceReader = ({ field, labels, others = [], form }: TracePlace) => {
  const places = [{ field, labels }, ...others].map(each => ({
    field: each.field,
    finders: each.labels.map(label => createIdFinder(form, label)),
  }))
  return (event: LogEvent): string | undefined => {
    for (const { field, finders } of places) {
      const text = field === undefined ? event.text : fieldOf(event, field)
      if (text === undefined) continue
      for (const find of finders) {
        const id = find(text)
        if (id !== undefined) return id
      }
    }
    return undefined
  }
}
