import { type MaskedLine, type RenderedTemplate, renderTemplate, type Slots } from './shape.ts'
import { wordsNeeded } from './slot.ts'
import type { TemplateStore } from './template-store.ts'

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
  templateId: number
  template: string
  slots: Slots
  /** When it was used last, in lines. */
  used: number
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
}

/** The group that stands for this one now. */
export const rootOf = (group: Group): Group => {
  let root = group
  while (root.parent) root = root.parent
  return root
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
export const createDrain = (store: TemplateStore, options: DrainOptions = {}): Drain => {
  const depth = options.depth ?? 0
  const similarity = options.similarity ?? 0.5
  const maxChildren = options.maxChildren ?? 1000
  const maxCompared = options.maxCompared ?? 512
  const leaves = new Map<string, Leaf>()
  const children = new Map<string, number>()
  let size = 0

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

  /** Groups that differ from `group` in one slot, by slot. */
  const neighbours = (leaf: Leaf, group: Group): Map<number, Group[]> => {
    const found = new Map<number, Group[]>()
    for (const other of leaf.groups.slice(-maxCompared)) {
      if (other === group) continue
      const slots = differences(group.words, other.words, 1)
      if (slots.length !== 1) continue
      const list = found.get(slots[0])
      if (list) list.push(other)
      else found.set(slots[0], [other])
    }
    return found
  }

  const isVariable = (group: Group, slot: number, others: Group[]): boolean => {
    const seen = new Set(others.map(other => other.words[slot]).concat(group.words[slot]))
    const sawValue = seen.delete(null)
    const words = [...seen] as string[]
    const alike = group.words.length - 1
    if (alike < 1 || alike / group.words.length < similarity) return false
    return (
      words.length >=
      wordsNeeded({
        before: group.gaps[slot],
        after: group.gaps[slot + 1],
        previous: slot > 0 ? group.words[slot - 1] : undefined,
        words,
        sawValue,
      })
    )
  }

  const join = (leaf: Leaf, group: Group, slot: number, others: Group[]): Group => {
    const words = group.words.slice()
    words[slot] = null
    const { text, slots } = renderTemplate({ gaps: leaf.gaps, words })
    const known = leaf.groups.find(other => other.words.every((word, i) => word === words[i]))
    const root: Group = known ?? {
      words,
      gaps: leaf.gaps,
      templateId: group.templateId,
      template: text,
      slots,
      used: group.used,
      parent: undefined,
    }
    const members = [group, ...others].filter(member => member !== root)
    for (const member of members) {
      member.parent = root
      root.templateId = store.merge(root.templateId, member.templateId, text)
    }
    const before = leaf.groups.length
    leaf.groups = leaf.groups.filter(other => other.parent === undefined)
    if (!known) leaf.groups.push(root)
    size += leaf.groups.length - before
    return root
  }

  const settle = (leaf: Leaf, made: Group): Group => {
    let group = made
    for (let again = true; again; ) {
      again = false
      for (const [slot, others] of neighbours(leaf, group)) {
        if (!isVariable(group, slot, others)) continue
        group = join(leaf, group, slot, others)
        again = true
        break
      }
    }
    return group
  }

  const add = (leaf: Leaf, line: MaskedLine, rendered: RenderedTemplate, id: number): Group => {
    const group: Group = {
      words: line.words,
      gaps: leaf.gaps,
      templateId: id,
      template: rendered.text,
      slots: rendered.slots,
      used: 0,
      parent: undefined,
    }
    leaf.groups.push(group)
    size++
    return group
  }

  return {
    place(line, mode) {
      const leaf = leafOf(line)
      const found = matching(leaf, line)
      if (found) return found
      const rendered = renderTemplate(line)
      if (mode === 'frozen') return undefined
      const group = add(leaf, line, rendered, store.intern(rendered.text))
      return mode === 'learn' ? settle(leaf, group) : group
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
      size -= gone.size
      store.retain(new Set(all.slice(count).map(group => group.templateId)))
      if (leaves.size === 0) children.clear()
      return gone.size
    },
    *groups() {
      for (const leaf of leaves.values()) yield* leaf.groups
    },
    restore(line, templateId) {
      add(leafOf(line), line, renderTemplate(line), templateId)
    },
  }
}
