import type { HeaderLayout } from './header-plan.ts'
import type { ZoneOffset } from './time-zone.ts'

/** Learns JSON and logfmt layouts. */
export const learnStructured = (
  _lines: readonly string[],
  _zone: ZoneOffset,
  _all: number,
): { layout: HeaderLayout; lines: number[] } | undefined => undefined
