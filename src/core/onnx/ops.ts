import { type BinaryName, binary } from './ops/binary.ts'
import { type CutName, cut } from './ops/cut.ts'
import { type LayoutName, layout } from './ops/layout.ts'
import { type NormalName, normal } from './ops/normal.ts'
import type { Op } from './ops/op.ts'
import { type PickName, pick } from './ops/pick.ts'
import { type ProductName, product } from './ops/product.ts'
import { type ReduceName, reduce } from './ops/reduce.ts'
import { type SelectName, select } from './ops/select.ts'
import { type UnaryName, unary } from './ops/unary.ts'

export type OpName =
  | UnaryName
  | BinaryName
  | SelectName
  | LayoutName
  | CutName
  | ReduceName
  | ProductName
  | NormalName
  | PickName

/**
 * The whole vocabulary: for each operator of ONNX opset 18 its shape rule, gradient rule and
 * reference arithmetic. The type makes a missing entry, or a missing rule, a compile error.
 */
export const ops: Readonly<Record<OpName, Op>> = {
  ...unary,
  ...binary,
  ...select,
  ...layout,
  ...cut,
  ...reduce,
  ...product,
  ...normal,
  ...pick,
}

export const isOpName = (name: string): name is OpName => Object.hasOwn(ops, name)
