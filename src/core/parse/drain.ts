import { createCellGroups, withoutCells } from './cell-groups.ts'
import { createKeyWords } from './key-words.ts'
import { type MaskedLine, type RenderedTemplate, renderTemplate, type Slots } from './shape.ts'
import { isSoft, type SlotPlace, wordsNeeded } from './slot.ts'
import { createOwners } from './template-owners.ts'
import type { TemplateStore } from './template-store.ts'
import { isShortSize } from './units.ts'

export interface DrainOptions {
  /** Leading words that lines of one template share. Default 0: decided by the evidence alone. */
  depth?: number
  /** Least share of equal elements for two lines to become one template. Default 0.5. */
  similarity?: number
  /** Most different leading words under one node; further ones share a node. Default 1000. */
  maxChildren?: number
  /** Most groups in a leaf that a new line is compared with, the latest ones. Default 512. */
  maxCompared?: number
}

/** Lines of one shape that one template describes. */
export interface Group {
  words: (string | null)[]
  gaps: string[]
  /** See `MaskedLine`. */
  solid?: readonly number[] | undefined
  templateId: number
  template: string
  slots: Slots
  /** When it was used last, in lines. */
  used: number
  /** Number of its making: restored in this order, a parser finds the same groups. */
  made: number
  /** The group that took this one in. */
  parent: Group | undefined
}

interface Leaf {
  gaps: string[]
  groups: Group[]
}

export interface Drain {
  /** The group of a masked line that has not been seen before; undefined when it may not be made. */
  place(line: MaskedLine, mode: 'learn' | 'extend' | 'frozen'): Group | undefined
  /** Groups that stand for themselves, in order of making. */
  groups(): Iterable<Group>
  /** Number of groups that stand for themselves. */
  readonly size: number
  /** Forgets the `count` groups that were used longest ago, and their templates. */
  evict(count: number): number
  /** Puts a stored group back. */
  restore(line: MaskedLine, templateId: number): void
  /** Keys behind which any word is a value (see `createKeyWords`). */
  varyingKeys(): string[]
}

/** The group that stands for this one now. */
export const rootOf = (group: Group): Group => {
  let root = group
  while (root.parent) root = root.parent
  return root
}

const unlisted = (line: MaskedLine, { text, slots }: RenderedTemplate, id: number): Group => ({
  ...line,
  ...{ templateId: id, template: text, slots, used: 0, made: 0, parent: undefined },
})

/** Most slots in which lines may differ at once and still become one template. */
const SOFT_MAX = 4

/**
 * Where one short unit of size varies (KB, MB), so do the others of the line: one function wrote
 * them all. `bytes` in full is a word of the message.
 */
const withoutSizes = (
  words: (string | null)[],
  before: readonly (string | null)[],
  slots: readonly number[],
): (string | null)[] =>
  slots.some(i => isShortSize(before[i] ?? ''))
    ? words.map((word, i) => (words[i - 1] === null && isShortSize(word ?? '') ? null : word))
    : words

/** Gaps inside values: of the groups that are joined, and those just opened. */
const solidOf = (
  members: readonly Group[],
  opened: readonly number[] = [],
): readonly number[] | undefined => {
  const all = new Set([...members.flatMap(({ solid }) => solid ?? []), ...opened])
  return all.size === 0 ? undefined : [...all].sort((a, b) => a - b)
}

/** Positions in which two lines of one shape differ, at most `limit` + 1 of them. */
const differences = (
  a: readonly (string | null)[],
  b: readonly (string | null)[],
  limit: number,
): number[] => {
  const found: number[] = []
  for (let i = 0; i < a.length && found.length <= limit; i++) if (a[i] !== b[i]) found.push(i)
  return found
}

const covers = (group: Group, words: readonly (string | null)[]): number => {
  let equal = 0
  for (let i = 0; i < words.length; i++) {
    if (group.words[i] === words[i]) equal++
    else if (group.words[i] !== null) return -1
  }
  return equal
}

/**
 * Groups masked lines into templates in the manner of Drain (He et al., ICWS 2017): a tree by
 * shape and leading words, and a comparison in its leaf. Unlike there, similarity alone joins
 * nothing: lines become one template when the words seen in the slot in which they differ say that
 * it is a variable (see `wordsNeeded`).
 */
export const createDrain = (
  store: TemplateStore,
  options: DrainOptions = {},
  varyingKeys: readonly string[] = [],
): Drain => {
  const keys = createKeyWords(varyingKeys)
  const depth = options.depth ?? 0
  const similarity = options.similarity ?? 0.5
  const maxChildren = options.maxChildren ?? 1000
  const maxCompared = options.maxCompared ?? 512
  const leaves = new Map<string, Leaf>()
  const children = new Map<string, number>()
  const cells = createCellGroups()
  const owners = createOwners(id => store.resolve(id))
  let size = 0
  let made = 0

  const leafKey = (line: MaskedLine): string => {
    let key = line.gaps.join('\u0001')
    for (let i = 0; i < Math.min(depth, line.words.length); i++) {
      const next = `${key}\u0002${line.words[i] ?? '<*>'}`
      if (!children.has(next)) {
        const siblings = children.get(key) ?? 0
        if (siblings >= maxChildren) return `${key}\u0002<*>`
        children.set(key, siblings + 1)
        children.set(next, 0)
      }
      key = next
    }
    return key
  }

  const leafOf = (line: MaskedLine): Leaf => {
    const key = leafKey(line)
    const known = leaves.get(key)
    if (known) return known
    const leaf: Leaf = { gaps: line.gaps, groups: [] }
    leaves.set(key, leaf)
    return leaf
  }

  const matching = (leaf: Leaf, line: MaskedLine): Group | undefined => {
    let best: Group | undefined
    let bestEqual = -1
    for (const group of leaf.groups) {
      const equal = covers(group, line.words)
      if (equal > bestEqual) {
        best = group
        bestEqual = equal
      }
    }
    return best
  }

  const placeOf = (group: Group, slot: number): SlotPlace => ({
    slot,
    before: group.gaps[slot],
    after: group.gaps[slot + 1],
    previous: slot > 0 ? group.words[slot - 1] : undefined,
    alike: group.words.reduce((sum, word, i) => sum + (word !== null && i !== slot ? 1 : 0), 0),
  })

  const isEnoughAlike = (group: Group, slots: number): boolean => {
    const alike = group.words.length - slots
    return alike >= 1 && alike / group.words.length >= similarity
  }

  /** A group that differs in soft slots alone; the others that differ in one slot, by slot. */
  const neighbours = (leaf: Leaf, group: Group) => {
    const bySlot = new Map<number, Group[]>()
    for (const other of leaf.groups.slice(-maxCompared)) {
      if (other === group) continue
      const slots = differences(group.words, other.words, SOFT_MAX)
      if (slots.length > SOFT_MAX || !isEnoughAlike(group, slots.length)) continue
      if (slots.every(i => isSoft(placeOf(group, i), group.words[i], other.words[i])))
        return { soft: { other, slots }, bySlot }
      if (slots.length !== 1) continue
      const list = bySlot.get(slots[0])
      if (list) list.push(other)
      else bySlot.set(slots[0], [other])
    }
    return { soft: undefined, bySlot }
  }

  const isVariable = (group: Group, slot: number, others: Group[]): boolean => {
    const seen = new Set(others.map(other => other.words[slot]).concat(group.words[slot]))
    if (seen.delete(null)) return true
    const words = [...seen] as string[]
    return words.length >= wordsNeeded(placeOf(group, slot), words)
  }

  /** The group of these words in the leaf, which takes in `members`. */
  const join = (
    leaf: Leaf,
    words: (string | null)[],
    members: Group[],
    opened?: readonly number[],
  ): Group => {
    const solid = solidOf(members, opened)
    const { text, slots } = renderTemplate({ gaps: leaf.gaps, words, solid })
    const known = leaf.groups.find(other => other.words.every((word, i) => word === words[i]))
    const { templateId, used } = members[0]
    const root: Group = known ?? {
      ...{ words, gaps: leaf.gaps, solid, templateId, template: text, slots, used },
      made: ++made,
      parent: undefined,
    }
    const gone = members.filter(member => member !== root)
    const all = known ? [root, ...gone] : gone
    for (const member of gone) member.parent = root
    if (owners.areShared(all)) {
      owners.drop(all)
      root.templateId = store.intern(text)
    } else {
      owners.drop(all)
      for (const member of gone)
        root.templateId = store.merge(root.templateId, member.templateId, text)
    }
    owners.add(root)
    const before = leaf.groups.length
    leaf.groups = leaf.groups.filter(other => other.parent === undefined)
    if (!known) {
      leaf.groups.push(root)
      cells.add(root)
    }
    size += leaf.groups.length - before
    return root
  }

  const without = (group: Group, slots: readonly number[]): (string | null)[] =>
    group.words.map((word, i) => (slots.includes(i) ? null : word))

  const settle = (leaf: Leaf, made: Group): Group => {
    let group = made
    for (let again = true; again; ) {
      again = false
      const { soft, bySlot } = neighbours(leaf, group)
      if (soft) {
        const words = withoutSizes(without(group, soft.slots), group.words, soft.slots)
        group = join(leaf, words, [group, soft.other])
        again = true
        continue
      }
      for (const [slot, others] of bySlot) {
        if (!isVariable(group, slot, others)) continue
        group = join(leaf, without(group, [slot]), [group, ...others])
        again = true
        break
      }
    }
    return group
  }

  /** Takes the words behind keys that have proved to vary out of all groups. */
  const reopen = (): void => {
    for (const leaf of leaves.values()) {
      for (const group of [...leaf.groups]) {
        if (group.parent) continue
        const words = keys.mask(group)
        if (words.some((word, i) => word !== group.words[i]))
          settle(leaf, join(leaf, words, [group]))
      }
    }
  }

  /** Opens the cells in which this and other groups, whatever their shapes, hold values. */
  const settleCells = (made: Group): Group => {
    const found = cells.alike(made)
    if (found === undefined) return made
    let root = made
    for (const member of found.groups) {
      const leaf = leafOf(member)
      const { words, solid } = withoutCells(member, found.cells)
      const joined = join(leaf, words, [member], solid)
      if (member === made) root = joined
    }
    return root
  }

  const add = (leaf: Leaf, line: MaskedLine, rendered: RenderedTemplate, id: number): Group => {
    const group = { ...unlisted({ ...line, gaps: leaf.gaps }, rendered, id), made: ++made }
    leaf.groups.push(group)
    cells.add(group)
    owners.add(group)
    size++
    return group
  }

  return {
    place(given, mode) {
      if (mode === 'learn' && keys.note(given).length > 0) reopen()
      const line = { gaps: given.gaps, words: keys.mask(given) }
      const leaf = leafOf(line)
      const found = matching(leaf, line)
      if (found) return found
      const fitting = mode === 'learn' ? undefined : cells.fitting(line)
      const placed = fitting ?? line
      const rendered = renderTemplate(placed)
      if (mode === 'frozen')
        return fitting && unlisted(fitting, rendered, store.find(rendered.text))
      const group = add(leaf, placed, rendered, store.intern(rendered.text))
      return mode === 'learn' ? settleCells(settle(leaf, group)) : group
    },
    get size() {
      return size
    },
    evict(count) {
      const all = [...leaves.values()].flatMap(leaf => leaf.groups)
      const gone = new Set(all.sort((a, b) => a.used - b.used).slice(0, count))
      for (const [key, leaf] of leaves) {
        leaf.groups = leaf.groups.filter(group => !gone.has(group))
        if (leaf.groups.length === 0) leaves.delete(key)
      }
      cells.drop(gone)
      owners.drop([...gone])
      size -= gone.size
      store.retain(new Set(all.slice(count).map(group => group.templateId)))
      if (leaves.size === 0) children.clear()
      return gone.size
    },
    *groups() {
      const all = [...leaves.values()].flatMap(leaf => leaf.groups)
      yield* all.sort((a, b) => a.made - b.made)
    },
    varyingKeys: () => keys.varying(),
    restore(line, templateId) {
      add(leafOf(line), line, renderTemplate(line), templateId)
    },
  }
}
