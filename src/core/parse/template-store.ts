/** Keeps template texts and their ids: the same text always has the same id. */
export interface TemplateStore {
  /** Id of a text, made when it is new. */
  intern(text: string): number
  /** Id of a text, or -1. */
  find(text: string): number
  text(id: number): string | undefined
  /** The id that stands for this one now; unknown ids stand for themselves. */
  resolve(id: number): number
  /** Gives the templates `from` and `to` one id: the older one, which then carries `text`. */
  merge(from: number, to: number, text: string): number
  /** Forgets all templates but these. */
  retain(keep: ReadonlySet<number>): void
  readonly size: number
  snapshot(): TemplateSnapshot
}

export interface TemplateSnapshot {
  next: number
  templates: [id: number, text: string][]
  /** Texts and ids that were merged away, and what stands for them. */
  aliases: [id: number, text: string, standsFor: number][]
}

export const createTemplateStore = (snapshot?: TemplateSnapshot): TemplateStore => {
  const ids = new Map<string, number>()
  const texts = new Map<number, string>()
  const aliases = new Map<number, { text: string; to: number }>()
  let next = snapshot?.next ?? 0
  for (const [id, text] of snapshot?.templates ?? []) {
    ids.set(text, id)
    texts.set(id, text)
  }
  for (const [id, text, to] of snapshot?.aliases ?? []) {
    aliases.set(id, { text, to })
    // Earlier versions lost the text of some, and no line is like them.
    if (text !== '' && !ids.has(text)) ids.set(text, id)
  }

  const resolve = (id: number): number => {
    let root = id
    for (let alias = aliases.get(root); alias; alias = aliases.get(root)) root = alias.to
    return root
  }
  const retire = (id: number, to: number): void => {
    if (id === to) return
    aliases.set(id, { text: texts.get(id) ?? '', to })
    texts.delete(id)
  }

  return {
    get size() {
      return texts.size
    },
    intern(text) {
      const known = ids.get(text)
      if (known !== undefined) return resolve(known)
      const id = next++
      ids.set(text, id)
      texts.set(id, text)
      return id
    },
    find: text => resolve(ids.get(text) ?? -1),
    text: id => texts.get(resolve(id)),
    resolve,
    merge(from, to, text) {
      const a = resolve(from)
      const b = resolve(to)
      const known = ids.get(text)
      const c = known === undefined ? a : resolve(known)
      const root = Math.min(a, b, c)
      for (const id of new Set([a, b, c])) retire(id, root)
      ids.set(text, root)
      texts.set(root, text)
      return root
    },
    retain(keep) {
      for (const id of texts.keys()) if (!keep.has(id)) texts.delete(id)
      for (const id of aliases.keys()) if (!keep.has(resolve(id))) aliases.delete(id)
      for (const [text, id] of ids) if (!keep.has(resolve(id))) ids.delete(text)
    },
    snapshot: () => ({
      next,
      templates: [...texts],
      aliases: [...aliases].map(([id, { text, to }]) => [id, text, to]),
    }),
  }
}
