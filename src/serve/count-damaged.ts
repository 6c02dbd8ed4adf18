import { LogbertError } from '../core/errors.ts'
import type { Registry } from '../core/store/registry.ts'

/** Tells of versions that turn out to be damaged when they are to become `latest`. */
export const countDamaged = (registry: Registry, damaged: () => void): Registry => {
  const watched = <T>(moved: Promise<T>): Promise<T> =>
    moved.catch(error => {
      if (error instanceof LogbertError && error.code === 'BAD_BUNDLE') damaged()
      throw error
    })
  return {
    ...registry,
    promote: (...asked) => watched(registry.promote(...asked)),
    rollback: name => watched(registry.rollback(name)),
  }
}
