import { fnv1a128 } from '../fnv.ts'
import type { Anomaly } from '../types.ts'
import { type Bond, createBonds, holds, natsIn, type Reach } from './bond.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from './chance.ts'
import { createFamilies } from './family.ts'
import { growIncident } from './grow.ts'
import type { Incident, IncidentChange } from './incident.ts'
import {
  beginIncident,
  createIncidentIndex,
  type LiveIncident,
  retireIncident,
  reviveIncident,
} from './live-incident.ts'
import { severityOf, sizeOf, worseOf } from './severity.ts'
import { titleOf } from './title.ts'
import { type Traits, traitsOf } from './traits.ts'

export interface GrouperOptions extends Partial<Reach> {
  /** Incidents that may grow; the one not touched for longest is let go beyond. */
  most?: number
}

export interface Grouper {
  /**
   * Puts an anomaly, not seen before, into the incident that it belongs to, or begins one.
   * @param now epoch ms, real time
   * @returns the record that goes on changing: copy or store it before the next call
   */
  add(anomaly: Anomaly, now: number): { incident: Incident; change: IncidentChange }
  /** Takes over what a person decided: state, note and when; nothing for those let go. */
  sync(incident: Incident): void
  /** Lets go of what was not touched for so long that it cannot come back; returns how many. */
  forget(now: number): number
  /** Incidents that may grow. */
  readonly size: number
}

/** How far things reach that are rare; what is common reaches less far, see `createBonds`. */
export const GROUPER_DEFAULTS: Required<GrouperOptions> = {
  // Something that fails every half hour is one trouble, not two.
  sameSignMs: HOUR_MS,
  // "It has been quiet for five minutes": people say it is over.
  sameSourceMs: 5 * MINUTE_MS,
  // Time-outs of clients are of this order: so late a caller shows what its server does.
  cascadeMs: 30_000,
  // What comes back by the next day was not repaired.
  reopenMs: DAY_MS,
  most: 5_000,
}
/** Sessions that were over when their incident was resolved may close so much later. */
const GRACE_MS = 2 * MINUTE_MS
/** News of growth alone, each time an incident that large has become so many times larger. */
const LARGE = 1000
const TIMES = 10

/**
 * Groups anomalies into incidents. An anomaly joins the incident with which it shares most, where
 * chance explains less than 1 in 20 of it: odd templates, sources, replicas of them, identifiers of
 * requests, the way that requests take, each weighed by how near in time it is and how common it is
 * in other incidents; time alone ties nothing. Independent troubles therefore stay apart, and false
 * alarms at the usual rate stay single. It is a function of the anomalies in their order; all that it
 * knows is in the incidents.
 * @param recent incidents to go on with, as `add` gave them: those of the last `reopenMs`
 */
export const createGrouper = (
  options: GrouperOptions = {},
  recent: readonly Incident[] = [],
): Grouper => {
  const settings = { ...GROUPER_DEFAULTS, ...options }
  const families = createFamilies()
  const index = createIncidentIndex(families)
  const findBonds = createBonds(index, families, settings)
  /** Least recently touched first. */
  const known = new Map<string, LiveIncident>()
  let turn = 0
  let since = Number.POSITIVE_INFINITY

  const letGo = (live: LiveIncident): void => {
    known.delete(live.record.id)
    retireIncident(live)
  }
  const keep = (live: LiveIncident): void => {
    const { id, memory } = live.record
    known.delete(id)
    known.set(id, live)
    since = Math.min(since, memory.since)
    turn = Math.max(turn, memory.turn)
    if (known.size > settings.most) letGo(known.values().next().value!)
  }
  const choose = (traits: Traits, now: number): LiveIncident | undefined => {
    let best: Bond | undefined
    for (const bond of findBonds(traits, since)) {
      if (!holds(bond, isOver(bond.live, traits, now))) continue
      if (best === undefined || isStronger(bond, best)) best = bond
    }
    return best?.live
  }
  const begin = (anomaly: Anomaly, traits: Traits): LiveIncident => {
    const live = beginIncident(fnv1a128(anomaly.id), anomaly, traits, index)
    live.record.memory.since = Math.min(since, traits.from)
    return live
  }
  for (const incident of [...recent].sort(byTurn)) keep(reviveIncident(incident, index))

  return {
    add(anomaly, now) {
      const traits = traitsOf(anomaly, now + DAY_MS)
      const found = choose(traits, now)
      const over = found !== undefined && isOver(found, traits, now)
      const live = found ?? begin(anomaly, traits)
      const { record } = live
      growIncident(live, anomaly, traits, families)
      record.memory.turn = turn + 1
      record.memory.updated = now
      keep(live)
      if (over) reopen(live, traits, now)
      const worse = judge(live)
      const change =
        found === undefined ? 'opened' : over ? 'reopened' : worse ? 'worsened' : 'grew'
      if (change !== 'grew') record.memory.told = sizeOf(record)
      return { incident: record, change }
    },
    sync({ id, state, changed, note }) {
      const record = known.get(id)?.record
      if (record === undefined) return
      record.state = state
      if (changed === undefined) delete record.changed
      else record.changed = changed
      if (note === undefined) delete record.note
      else record.note = note
    },
    forget(now) {
      const before = known.size
      for (const live of known.values()) {
        if (live.record.memory.updated >= now - settings.reopenMs) break
        letGo(live)
      }
      return before - known.size
    },
    get size() {
      return known.size
    },
  }
}

const byTurn = (a: Incident, b: Incident): number =>
  (a.memory?.turn ?? 0) - (b.memory?.turn ?? 0) || a.lastSeen - b.lastSeen

/** Whether an anomaly finds an incident resolved, and is no straggler from before. */
const isOver = ({ record }: LiveIncident, { to }: Traits, now: number): boolean => {
  const { state, changed = 0 } = record
  return state === 'resolved' && !(to <= changed && now <= changed + GRACE_MS)
}

const reopen = ({ record }: LiveIncident, { from }: Traits, now: number): void => {
  record.state = 'open'
  record.changed = now
  record.reopened += 1
  record.memory.began = from
}

const isStronger = (a: Bond, b: Bond): boolean => {
  const more = natsIn(a) - natsIn(b)
  return more > 0 || (more === 0 && a.live.record.memory.turn > b.live.record.memory.turn)
}

/** Brings severity and title up to date; says whether people should hear that it got worse. */
const judge = ({ record }: LiveIncident): boolean => {
  const before = record.severity
  record.severity = worseOf(before, severityOf(record))
  record.title = titleOf(record)
  const size = sizeOf(record)
  return record.severity !== before || (size >= LARGE && size >= TIMES * record.memory.told)
}
