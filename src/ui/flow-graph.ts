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

export interface GraphOptions {
  /** What is drawn, for those who cannot see it. */
  about: string
  /** Letters of a label that have room. */
  letters: number
  select?(id: string): void
}

const SVG = 'http://www.w3.org/2000/svg'
const LETTER = 7.2
const BOX_HEIGHT = 38
const ROW = 58
/** Between columns. */
const GAP = 110
const EDGE = 12

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
  const boxWidth = options.letters * LETTER + 20
  const width = columns * (boxWidth + GAP) - GAP + 2 * EDGE
  const height = rows * ROW - (ROW - BOX_HEIGHT) + 2 * EDGE
  const at = ({ column, row }: Place) => ({
    x: EDGE + column * (boxWidth + GAP),
    y: EDGE + row * ROW,
  })
  const head = `arrow-${++pictures}`
  const lines = edges.flatMap(edge => {
    const [from, to] = [places.get(edge.from), places.get(edge.to)]
    if (from === undefined || to === undefined || edge.from === edge.to) return []
    return [drawEdge(edge, at(from), at(to), { boxWidth, head })]
  })
  const boxes = nodes.map(node => drawNode(node, at(places.get(node.id)!), boxWidth, options))
  const svg = draw(
    'svg',
    { class: 'graph', role: 'group', 'aria-label': options.about, width, height },
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

const drawEdge = (
  { from, to, label, about, count, className = '' }: GraphEdge,
  a: Point,
  b: Point,
  { boxWidth, head }: { boxWidth: number; head: string },
): SVGElement => {
  const isInside = a.x === b.x
  const isForward = b.x > a.x
  const [y1, y2] = [a.y + BOX_HEIGHT / 2, b.y + BOX_HEIGHT / 2]
  // Within a column it leaves and comes back at the left.
  const x1 = isForward ? a.x + boxWidth : a.x
  const x2 = isForward || isInside ? b.x : b.x + boxWidth
  const out = isForward ? GAP / 2 : -GAP / 2
  const path = `M${x1} ${y1}C${x1 + out} ${y1} ${x2 + (isInside ? out : -out)} ${y2} ${x2} ${y2}`
  const edge = draw(
    'g',
    { class: `edge ${className}` },
    draw('path', { d: path, 'stroke-width': widthOf(count), 'marker-end': `url(#${head})` }),
    draw('text', { x: (x1 + x2) / 2, y: (y1 + y2) / 2 - 4, 'text-anchor': 'middle' }, label),
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
