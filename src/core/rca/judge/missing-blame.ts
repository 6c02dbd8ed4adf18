import type { Blame, Scene } from '../evidence.ts'
import { serviceName, templateOf } from '../frame.ts'
import { isAnswer } from '../naming.ts'
import { calls } from '../profile.ts'
import { shareWithNamed } from '../scene-names.ts'
import type { MissingCase } from './missing-cases.ts'

/** Who is to blame for a step between two services that did not come. */
export const blameForMissing = (
  scene: Scene,
  own: MissingCase,
  step: { from: number; to: number; type: number },
): Blame[] =>
  shareTrouble(scene, own, answerOf(scene, own, step.type, blameOf(scene, own, step.from, step.to)))

/** The service that should have logged next; shared where it may never have been asked. */
const blameOf = (
  { profile, frame, activity }: Scene,
  { k, back, cut }: MissingCase,
  from: number,
  to: number,
): Blame[] => {
  const name = (service: number): string => serviceName(frame.dictionary, service)
  if (from === to) return [{ name: name(from), kind: 'service', share: 1 }]
  const out = calls(profile, from, to)
  const isReturn = out === calls(profile, to, from) ? back > k / 2 : !out
  const asked = isReturn ? RETURNED : cut > k / 2 ? CUT + (1 - CUT) * deadOf(activity, to) : WENT_ON
  return [
    { name: name(to), kind: 'service', share: asked },
    { name: name(from), kind: 'service', share: 1 - asked },
  ]
}

/**
 * Where the line that did not come is the answer of somebody, that one bears most of it; but not
 * where nobody asked: an answer that is waited for is spoken of, or makes trouble.
 */
const answerOf = (scene: Scene, { seen }: MissingCase, type: number, blame: Blame[]): Blame[] => {
  const { speakers, frame } = scene
  const named = speakers.ofType(type)
  if (named.length === 0 || !isAnswer(templateOf(frame.dictionary, type))) return blame
  const sample = seen.slice(0, SAMPLE)
  const isSpokenOf = (after: Int32Array, name: string): boolean =>
    after.some(i => speakers(i).some(each => each.name === name))
  const asked = (name: string): number =>
    sample.filter(each => each.trouble >= 0 || isSpokenOf(each.after, name)).length / sample.length
  return join(
    blame,
    named.map(each => ({
      ...each,
      share: (ANSWER * each.share * asked(each.name)) / named.length,
    })),
  )
}

const SAMPLE = 30

const ANSWER = 0.6

/** Blame of the one that was to come: after a return, */
const RETURNED = 0.9
/** where its caller went on as if nothing had happened, */
const WENT_ON = 0.8
/** and where its caller wrote nothing more either, so that it may never have been asked. */
const CUT = 0.3

/** 1 for a service whose own lines stopped, 0 for one that writes half of them at least. */
const deadOf = (activity: Scene['activity'], service: number): number =>
  Math.max(0, Math.min(1, (0.5 - activity.beating(service)) / 0.4))

/**
 * Where a line of trouble came before, who wrote the first one or whom it names bears most of the
 * blame; the others of it the more, the more they are at work elsewhere.
 */
const shareTrouble = (
  { frame, speakers, activity }: Scene,
  { seen }: MissingCase,
  blame: Blame[],
): Blame[] => {
  const trouble = seen.flatMap(each => (each.trouble >= 0 ? [each.trouble] : []))
  if (trouble.length < seen.length / 2) return blame
  const writers = new Map<number, number[]>()
  for (const i of trouble) {
    const lines = writers.get(frame.service[i]!)
    if (lines === undefined) writers.set(frame.service[i]!, [i])
    else lines.push(i)
  }
  const alive = Math.min(1, activity.alive(frame.dictionary.services.find(blame[0]!.name)))
  const more = [...writers].flatMap(([writer, lines]) => {
    const own = serviceName(frame.dictionary, writer)
    const share = lines.length / trouble.length
    const named = shareWithNamed(speakers, lines, own)
    const scale = share * (named.length > 1 ? 1 : ALIVE * alive)
    return named.map(each => ({ ...each, share: each.share * scale }))
  })
  return join(blame, more)
}

/** What is left of the blame of those who work for others all the same. */
const ALIVE = 0.8

/** Adds shares, which the others lose. */
const join = (blame: Blame[], more: Blame[]): Blame[] => {
  const total = more.reduce((sum, { share }) => sum + share, 0)
  const shares = new Map<string, Blame>()
  const left = blame.map(each => ({ ...each, share: each.share * (1 - total) }))
  for (const each of [...more, ...left]) {
    const key = `${each.kind} ${each.name}`
    const known = shares.get(key)
    if (known === undefined) shares.set(key, { ...each })
    else known.share += each.share
  }
  return [...shares.values()]
}
