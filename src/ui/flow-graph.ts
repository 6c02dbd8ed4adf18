import { layOut, type Place } from './flow-layout.ts'

export interface GraphNode {
  id: string
  label: string
  /** Small, below the label. */
  note: string
  /** All that there is to say, as a tooltip. */
  about: string
  className?: string
}

export interface GraphEdge {
  from: string
  to: string
  label: string
  about: string
  /** How often: what is common is drawn broader. */
  count: number
  className?: string
}

type Way = 'right' | 'down'

export interface GraphOptions {
  /** What is drawn, for those who cannot see it. */
  about: string
  /** Letters of a label that have room. */
  letters: number
  /** Where arrows go. */
  way: Way
  select?(id: string): void
}

const SVG = 'http://www.w3.org/2000/svg'
const LETTER = 7.2
const BOX_HEIGHT = 38
const MARGIN = 12
/** Between boxes along the arrows, and across them. */
const ALONG = { right: 90, down: 44 }
const ACROSS = { right: 20, down: 24 }

const draw = (
  tag: string,
  attributes: Record<string, string | number>,
  ...children: (Node | string)[]
): SVGElement => {
  const node = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, `${value}`)
  node.append(...children)
  return node
}

/** Pictures so far: the parts of each have names of their own. */
let pictures = 0

/** A picture of a graph. All text in it is set as text: names and templates come from logs. */
export const drawGraph = (
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  options: GraphOptions,
): SVGElement => {
  const { places, columns, rows } = layOut(
    nodes.map(({ id }) => id),
    edges,
  )
  const { way, letters } = options
  const box = { width: letters * LETTER + 20, height: BOX_HEIGHT }
  const isRight = way === 'right'
  const stepX = box.width + (isRight ? ALONG : ACROSS)[way]
  const stepY = box.height + (isRight ? ACROSS : ALONG)[way]
  const at = ({ column, row }: Place): Point => ({
    x: MARGIN + stepX * (isRight ? column : row),
    y: MARGIN + stepY * (isRight ? row : column),
  })
  const width = at({ column: columns, row: rows }).x - stepX + box.width + MARGIN
  const height = at({ column: columns, row: rows }).y - stepY + box.height + MARGIN
  const head = `arrow-${++pictures}`
  const lines = edges.flatMap(edge => {
    const [from, to] = [places.get(edge.from), places.get(edge.to)]
    if (from === undefined || to === undefined || edge.from === edge.to) return []
    return [drawEdge(edge, pathOf(at(from), at(to), box, way), head)]
  })
  const boxes = nodes.map(node => drawNode(node, at(places.get(node.id)!), box.width, options))
  const svg = draw(
    'svg',
    { class: `graph ${way}`, role: 'group', 'aria-label': options.about, width, height },
    draw('defs', {}, arrow(head)),
    ...lines,
    ...boxes,
  )
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
  showNeighbours(svg)
  return svg
}

const arrow = (id: string): SVGElement =>
  draw(
    'marker',
    {
      ...{ id, viewBox: '0 0 8 8', refX: 8, refY: 4, orient: 'auto' },
      ...{ markerWidth: 8, markerHeight: 8, markerUnits: 'userSpaceOnUse' },
    },
    draw('path', { d: 'M0 0L8 4L0 8z' }),
  )

interface Point {
  x: number
  y: number
}

interface Path {
  d: string
  middle: Point
}

/** From the far side of one box to the near side of another; back at the near side where it must. */
const pathOf = (a: Point, b: Point, box: { width: number; height: number }, way: Way): Path => {
  const [along, size] = way === 'right' ? (['x', box.width] as const) : (['y', box.height] as const)
  const isForward = b[along] > a[along]
  const isInside = b[along] === a[along]
  const middleOf = ({ x, y }: Point): Point =>
    way === 'right' ? { x, y: y + box.height / 2 } : { x: x + box.width / 2, y }
  const moved = (point: Point, by: number): Point => ({ ...point, [along]: point[along] + by })
  const start = moved(middleOf(a), isForward ? size : 0)
  const end = moved(middleOf(b), isForward || isInside ? 0 : size)
  const bend = (isForward ? ALONG[way] : -ALONG[way]) / 2
  const text = ({ x, y }: Point): string => `${x} ${y}`
  const bends = [moved(start, bend), moved(end, isInside ? bend : -bend)].map(text)
  return {
    d: `M${text(start)}C${bends.join(' ')} ${text(end)}`,
    middle: { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 },
  }
}

const drawEdge = (
  { from, to, label, about, count, className = '' }: GraphEdge,
  { d, middle }: Path,
  head: string,
): SVGElement => {
  const edge = draw(
    'g',
    { class: `edge ${className}` },
    draw('path', { d, 'stroke-width': widthOf(count), 'marker-end': `url(#${head})` }),
    draw('text', { x: middle.x, y: middle.y + 4, 'text-anchor': 'middle' }, label),
    draw('title', {}, about),
  )
  edge.dataset.from = from
  edge.dataset.to = to
  return edge
}

const widthOf = (count: number): number =>
  Math.round(10 * Math.min(5, 1 + 0.7 * Math.log10(Math.max(1, count)))) / 10

const drawNode = (
  { id, label, note, about, className = '' }: GraphNode,
  { x, y }: Point,
  boxWidth: number,
  { letters, select }: GraphOptions,
): SVGElement => {
  const shown = label.length > letters ? `${label.slice(0, letters - 1)}…` : label
  const node = draw(
    'g',
    {
      ...{ class: `node ${className}`, transform: `translate(${x} ${y})`, tabindex: 0 },
      ...{ role: select === undefined ? 'img' : 'button', 'aria-label': about },
    },
    draw('rect', { width: boxWidth, height: BOX_HEIGHT, rx: 8 }),
    draw('text', { x: 10, y: 16 }, shown),
    draw('text', { x: 10, y: 31, class: 'note' }, note),
    draw('title', {}, about),
  )
  node.dataset.id = id
  if (select !== undefined) {
    node.onclick = () => select(id)
    node.onkeydown = event => {
      if (event.key !== 'Enter' && event.key !== ' ') return
      event.preventDefault()
      select(id)
    }
  }
  return node
}

/** Edges of the node that is pointed at stand out, with their labels. */
const showNeighbours = (svg: SVGElement): void => {
  const edges = [...svg.querySelectorAll<SVGElement>('.edge')]
  const mark = (id: string | undefined): void => {
    for (const edge of edges) {
      const { from, to } = edge.dataset
      edge.classList.toggle('near', id !== undefined && (from === id || to === id))
    }
    svg.classList.toggle('pointed', id !== undefined)
  }
  for (const node of svg.querySelectorAll<SVGElement>('.node')) {
    node.onpointerenter = () => mark(node.dataset.id)
    node.onpointerleave = () => mark(undefined)
    node.onfocus = () => mark(node.dataset.id)
    node.onblur = () => mark(undefined)
  }
}
