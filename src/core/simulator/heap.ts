/** A binary heap: the smallest by `before` comes out first; ties in order of arrival. */
export interface Heap<T> {
  push(value: T): void
  pop(): T | undefined
  peek(): T | undefined
  readonly size: number
}

export const createHeap = <T>(rank: (value: T) => number): Heap<T> => {
  const items: { rank: number; order: number; value: T }[] = []
  let order = 0
  const before = (i: number, j: number): boolean => {
    const a = items[i]!
    const b = items[j]!
    return a.rank < b.rank || (a.rank === b.rank && a.order < b.order)
  }
  const swap = (i: number, j: number): void => {
    const kept = items[i]!
    items[i] = items[j]!
    items[j] = kept
  }
  const sink = (from: number): void => {
    let i = from
    for (;;) {
      let least = i
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < items.length && before(child, least)) least = child
      }
      if (least === i) return
      swap(i, least)
      i = least
    }
  }
  return {
    push: value => {
      items.push({ rank: rank(value), order: order++, value })
      let i = items.length - 1
      while (i > 0) {
        const parent = (i - 1) >> 1
        if (!before(i, parent)) return
        swap(i, parent)
        i = parent
      }
    },
    pop: () => {
      const top = items[0]
      const last = items.pop()
      if (top === undefined || last === undefined) return undefined
      if (items.length > 0) {
        items[0] = last
        sink(0)
      }
      return top.value
    },
    peek: () => items[0]?.value,
    get size() {
      return items.length
    },
  }
}
