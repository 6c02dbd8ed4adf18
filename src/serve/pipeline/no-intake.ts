import type { Database } from '../../db/database.ts'
import type { Intake } from './place.ts'
import { taughtOf } from './taught-of.ts'

/** For a node that detects nothing itself, and scores what it is asked about only. */
export const noIntake = (db: Database): Intake => ({
  open: async () => undefined,
  taught: () => taughtOf(db),
  close: async () => undefined,
})
