/**
 * Whole systems of services drawn from a seed, run in simulated time with faults whose symptoms
 * travel as they do in reality: calls wait, time out and are tried again, queues and pools fill up.
 */
export { createSystem } from './draw/create-system.ts'
export { FAMILIES } from './families.ts'
export type { Family } from './family.ts'
export type { FaultKind, Truth } from './faults/fault.ts'
export { type PlannedFault, planSystemFault, SYSTEM_FAULTS } from './faults/plan-fault.ts'
export type { System } from './plan.ts'
export { createRenderer, toRecord } from './render.ts'
export { type RunOptions, runSystem } from './run/run-system.ts'
export type { SystemLine } from './run/world.ts'
