/** What has a template id. */
interface Owner {
  readonly templateId: number
}

/**
 * How many groups have each template. Groups of different shapes may share one; when one of them
 * changes its text, the id must stay with the others, or what they say would change with it.
 */
export interface TemplateOwners {
  add(group: Owner): void
  drop(groups: readonly Owner[]): void
  /** Whether groups besides these have one of their templates. */
  areShared(groups: readonly Owner[]): boolean
}

export const createOwners = (resolve: (id: number) => number): TemplateOwners => {
  const counts = new Map<number, number>()

  /** The count of an id, with those of ids that were merged into it. */
  const countOf = (id: number): number => counts.get(id) ?? 0
  const change = (id: number, by: number): void => {
    const count = countOf(id) + by
    if (count > 0) counts.set(id, count)
    else counts.delete(id)
  }

  return {
    add: ({ templateId }) => change(resolve(templateId), 1),
    drop: groups => {
      for (const { templateId } of groups) change(resolve(templateId), -1)
    },
    areShared: groups => {
      const own = new Map<number, number>()
      for (const { templateId } of groups) {
        const id = resolve(templateId)
        own.set(id, (own.get(id) ?? 0) + 1)
      }
      return [...own].some(([id, count]) => countOf(id) > count)
    },
  }
}
