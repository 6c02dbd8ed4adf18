/** Cards of a list by what they show: the latest first, each thing once, so many at most. */
export interface Board<T> {
  /** On top, or in place of the card that shows it already. */
  show(item: T): void
  /** Behind all that is there, unless it is there already. */
  append(item: T): void
}

export const createBoard = <T extends { id: string }>(
  list: HTMLElement,
  card: (item: T) => HTMLElement,
  most: number,
): Board<T> => {
  const cards = new Map<string, HTMLElement>()
  const keep = (id: string, made: HTMLElement): void => {
    made.dataset.id = id
    cards.set(id, made)
  }
  const drop = (): void => {
    while (list.childElementCount > most) {
      const last = list.lastElementChild as HTMLElement
      cards.delete(last.dataset.id!)
      last.remove()
    }
  }
  return {
    show(item) {
      const made = card(item)
      const old = cards.get(item.id)
      keep(item.id, made)
      if (old !== undefined) old.replaceWith(made)
      else list.prepend(made)
      drop()
    },
    append(item) {
      if (cards.has(item.id) || list.childElementCount >= most) return
      const made = card(item)
      keep(item.id, made)
      list.append(made)
    },
  }
}
