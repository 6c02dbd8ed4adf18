/** A place in a chain. */
export interface Link<T> {
  readonly value: T
  before: Link<T> | undefined
  after: Link<T> | undefined
}

export const linkOf = <T>(value: T): Link<T> => ({ value, before: undefined, after: undefined })

/**
 * Values in the order in which they were touched last. Every step takes constant time, which a `Map`
 * does not give: the first of one whose entries are put back at its end again and again has to be
 * looked for behind all the places that were left.
 */
export interface Chain<T> {
  readonly first: T | undefined
  /** Puts a link at the end, wherever it was. */
  touch(link: Link<T>): void
  remove(link: Link<T>): void
  /** From the first on; the one given out last may be removed. */
  values(): Iterable<T>
}

export const createChain = <T>(): Chain<T> => {
  let first: Link<T> | undefined
  let last: Link<T> | undefined
  const remove = (link: Link<T>): void => {
    const { before, after } = link
    if (before === undefined && first !== link) return
    if (before === undefined) first = after
    else before.after = after
    if (after === undefined) last = before
    else after.before = before
    link.before = undefined
    link.after = undefined
  }
  return {
    get first() {
      return first?.value
    },
    touch(link) {
      if (last === link) return
      remove(link)
      link.before = last
      if (last === undefined) first = link
      else last.after = link
      last = link
    },
    remove,
    *values() {
      for (let link = first; link !== undefined; ) {
        const next: Link<T> | undefined = link.after
        yield link.value
        link = next
      }
    },
  }
}
