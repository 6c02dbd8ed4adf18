import type { HeaderPlan } from './header-plan.ts'
import { createHeaderFields, createHeaderReader } from './header-reader.ts'

/** A plan must read nearly as large a share of the lines as it did where it was learned. */
const NEARLY = 0.9

const names = new WeakMap<HeaderPlan, string>()

/** Equal for plans that are. */
const nameOf = (plan: HeaderPlan): string => {
  let name = names.get(plan)
  if (name === undefined) {
    name = JSON.stringify(plan)
    names.set(plan, name)
  }
  return name
}

/**
 * The known plan that reads most of these lines, or undefined where none does: a new source (another
 * file of the same program) usually begins its lines as an old one does, and the first few lines
 * of a new source alone may say too little.
 */
export const fittingPlan = (
  plans: Iterable<HeaderPlan>,
  lines: readonly string[],
): HeaderPlan | undefined => {
  const fields = createHeaderFields()
  const tried = new Set<string>()
  let best: { plan: HeaderPlan; share: number } | undefined
  for (const plan of plans) {
    const name = nameOf(plan)
    if (plan.layouts.length === 0 || tried.has(name)) continue
    tried.add(name)
    const reader = createHeaderReader(plan)
    const read = lines.filter(line => {
      const from = reader.read(line, 0, fields)
      return from > 0 || fields.message !== undefined
    })
    const share = read.length / lines.length
    const usual = plan.layouts.reduce((sum, layout) => sum + layout.share, 0)
    if (share >= NEARLY * Math.min(1, usual) && share > (best?.share ?? 0)) best = { plan, share }
  }
  return best?.plan
}
