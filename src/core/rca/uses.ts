import type { Frame } from './frame.ts'
import { serviceName } from './frame.ts'
import type { Profile } from './profile.ts'
import type { Speakers } from './scene-names.ts'

/** Who works with whom in normal time, by call or by speaking of it; names on both sides. */
export interface Uses {
  users(name: string): ReadonlySet<string>
  targets(name: string): ReadonlySet<string>
}

const NOBODY: ReadonlySet<string> = new Set()

/** Only services that are at work in the frame count as users. */
export const usesOf = (profile: Profile, frame: Frame, speakers: Speakers): Uses => {
  const { dictionary, parents, types } = profile
  const users = new Map<string, Set<string>>()
  const targets = new Map<string, Set<string>>()
  const active = new Set(frame.service)
  const note = (user: number, target: string): void => {
    if (!active.has(user)) return
    const name = serviceName(dictionary, user)
    if (name === target) return
    users.set(target, (users.get(target) ?? new Set()).add(name))
    targets.set(name, (targets.get(name) ?? new Set()).add(target))
  }
  for (const [callee, callers] of parents) {
    for (const caller of callers) note(caller, serviceName(dictionary, callee))
  }
  for (const type of types.keys()) {
    for (const { name } of speakers.ofType(type)) note(dictionary.typeService[type]!, name)
  }
  return {
    users: name => users.get(name) ?? NOBODY,
    targets: name => targets.get(name) ?? NOBODY,
  }
}
