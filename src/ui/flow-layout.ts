/** Where a node stands: in which column, and at which row of it (fractions centre short columns). */
export interface Place {
  column: number
  row: number
}

export interface Layout {
  places: ReadonlyMap<string, Place>
  columns: number
  rows: number
}

export interface Link {
  from: string
  to: string
}

/** Sweeps over the columns that put linked nodes side by side. */
const SWEEPS = 6
/** Columns of nodes without links, where there are no others. */
const LEAST_COLUMNS = 4

/**
 * Layers a graph from left to right: who is called stands right of its callers (Sugiyama's method:
 * cycles are opened, layers by the longest way, rows by the mean of the neighbours). Nodes without
 * links stand below, in rows. Deterministic.
 */
export const layOut = (ids: readonly string[], links: readonly Link[]): Layout => {
  const known = new Set(ids)
  const real = links.filter(({ from, to }) => from !== to && known.has(from) && known.has(to))
  const linked = new Set(real.flatMap(({ from, to }) => [from, to]))
  const layers = orderLayers(
    layersOf(
      [...ids].filter(id => linked.has(id)),
      real,
    ),
    real,
  )
  const places = new Map<string, Place>()
  const height = Math.max(0, ...layers.map(({ length }) => length))
  for (const [column, layer] of layers.entries()) {
    const top = (height - layer.length) / 2
    for (const [i, id] of layer.entries()) places.set(id, { column, row: top + i })
  }
  const alone = ids.filter(id => !linked.has(id))
  const columns = Math.max(layers.length, Math.min(LEAST_COLUMNS, alone.length))
  for (const [i, id] of alone.entries()) {
    places.set(id, { column: i % columns, row: height + Math.floor(i / columns) })
  }
  return { places, columns, rows: height + Math.ceil(alone.length / Math.max(1, columns)) }
}

const neighbours = (links: readonly Link[], key: 'from' | 'to'): Map<string, string[]> => {
  const other = key === 'from' ? 'to' : 'from'
  const map = new Map<string, string[]>()
  for (const link of links) map.set(link[key], [...(map.get(link[key]) ?? []), link[other]])
  return map
}

/** Column of each node: one more than that of the rightmost before it, going back nowhere. */
const layersOf = (ids: readonly string[], links: readonly Link[]): string[][] => {
  const after = neighbours(links, 'from')
  const before = neighbours(links, 'to')
  const state = new Map<string, 'open' | 'done'>()
  /** Children before parents. */
  const order: string[] = []
  const forward = new Map<string, string[]>()
  const visit = (id: string): void => {
    state.set(id, 'open')
    const kept = (after.get(id) ?? []).filter(next => {
      if (!state.has(next)) visit(next)
      return state.get(next) === 'done'
    })
    forward.set(id, kept)
    state.set(id, 'done')
    order.push(id)
  }
  const roots = ids.filter(id => !before.has(id))
  for (const id of [...roots, ...ids]) if (!state.has(id)) visit(id)
  const columns = new Map<string, number>()
  for (const id of order.reverse()) {
    const own = columns.get(id) ?? 0
    columns.set(id, own)
    for (const next of forward.get(id)!) {
      columns.set(next, Math.max(columns.get(next) ?? 0, own + 1))
    }
  }
  const layers: string[][] = []
  for (const id of ids) {
    const column = columns.get(id)!
    while (layers.length <= column) layers.push([])
    layers[column]!.push(id)
  }
  return layers
}

/** Puts the nodes of each column in the order of the means of their neighbours. */
const orderLayers = (layers: readonly string[][], links: readonly Link[]): string[][] => {
  const after = neighbours(links, 'from')
  const before = neighbours(links, 'to')
  const rows = new Map<string, number>()
  const place = (layer: readonly string[]): void => {
    for (const [i, id] of layer.entries()) rows.set(id, i - (layer.length - 1) / 2)
  }
  let ordered = layers.map(layer => [...layer])
  for (const layer of ordered) place(layer)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const around = sweep % 2 === 0 ? before : after
    const mean = (id: string): number => {
      const near = around.get(id) ?? []
      if (near.length === 0) return rows.get(id)!
      return near.reduce((sum, each) => sum + rows.get(each)!, 0) / near.length
    }
    const turn = (layer: string[]): string[] => {
      const means = new Map(layer.map(id => [id, mean(id)]))
      const sorted = layer.toSorted((a, b) => means.get(a)! - means.get(b)!)
      place(sorted)
      return sorted
    }
    ordered = sweep % 2 === 0 ? ordered.map(turn) : ordered.toReversed().map(turn).toReversed()
  }
  return ordered
}
