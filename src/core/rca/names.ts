/** Numbers for names, dense and in order of first sight. */
export interface Names {
  of(name: string): number
  /** −1 when it is not known. */
  find(name: string): number
  readonly list: string[]
}

export const createNames = (known: readonly string[] = []): Names => {
  const list: string[] = []
  const ids = new Map<string, number>()
  const of = (name: string): number => {
    let id = ids.get(name)
    if (id === undefined) {
      id = list.length
      ids.set(name, id)
      list.push(name)
    }
    return id
  }
  for (const name of known) of(name)
  return { of, find: name => ids.get(name) ?? -1, list }
}
