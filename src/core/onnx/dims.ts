import { LogbertError } from '../errors.ts'

/** A size, or a name for a size that is known only at run time; `a*b` is a product of names. */
export type Dim = number | string

export type Shape = readonly Dim[]

/** A symbolic product: an integer times named sizes. */
interface Product {
  factor: number
  names: string[]
}

const productOf = (dims: Shape): Product => {
  const product: Product = { factor: 1, names: [] }
  for (const dim of dims) {
    for (const part of String(dim).split('*')) {
      const value = Number(part)
      if (Number.isNaN(value)) product.names.push(part)
      else product.factor *= value
    }
  }
  product.names.sort()
  return product
}

const dimOf = ({ factor, names }: Product): Dim => {
  if (names.length === 0) return factor
  return factor === 1 ? names.join('*') : [factor, ...names].join('*')
}

/** Product of all dims, as a number or in canonical symbolic form (`4*batch*length`). */
export const sizeOf = (dims: Shape): Dim => dimOf(productOf(dims))

/** `dims` divided by `by`, or undefined where that is not a whole number of elements. */
export const divideDims = (dims: Shape, by: Shape): Dim | undefined => {
  const total = productOf(dims)
  const part = productOf(by)
  for (const name of part.names) {
    const at = total.names.indexOf(name)
    if (at < 0) return undefined
    total.names.splice(at, 1)
  }
  if (part.factor === 0 || total.factor % part.factor !== 0) return undefined
  return dimOf({ factor: total.factor / part.factor, names: total.names })
}

export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, i) => dim === b[i])

/** Numpy broadcasting of two shapes; undefined where they do not fit. */
export const broadcast = (a: Shape, b: Shape): Dim[] | undefined => {
  const rank = Math.max(a.length, b.length)
  const out: Dim[] = []
  for (let i = 0; i < rank; i++) {
    const left = a[i - rank + a.length] ?? 1
    const right = b[i - rank + b.length] ?? 1
    if (left !== right && left !== 1 && right !== 1) return undefined
    out.push(left === 1 ? right : left)
  }
  return out
}

/** Axes counted from the front; refuses those outside the rank. */
export const frontAxis = (axis: number, rank: number): number => {
  const front = axis < 0 ? axis + rank : axis
  if (Number.isInteger(axis) && front >= 0 && front < rank) return front
  throw new LogbertError(
    'BAD_GRAPH',
    `axis ${axis} lies outside a tensor of rank ${rank}: use ${-rank} to ${rank - 1}`,
  )
}

/** The size as a number; for rules that need it at build time. */
export const fixedDim = (dim: Dim, why: string): number => {
  if (typeof dim === 'number') return dim
  throw new LogbertError('BAD_GRAPH', `${why} needs a fixed size, got '${dim}': give it a number`)
}
