import { LogbertError } from '../../core/errors.ts'
import type { Bundle } from '../../core/store/bundle.ts'
import type { Registry } from '../../core/store/registry.ts'
import { type ModelName, modelsToServe, sameModel, wantedModel, wordsOf } from './served.ts'

/** Bundles that are kept at hand: lanes may still be at an older one. */
const KEPT = 4

export interface ModelsDeps {
  registry: Registry
  /** Name of the model whose latest version is served. */
  name: string
  /** A version could not be served. */
  refused(): void
  /** For people. */
  note(text: string): void
}

/** Which model is served: what a lane begins with, and what all of them are to go over to. */
export interface Models {
  /**
   * The model that was served before, else the latest, else the one before that; undefined when
   * there is none at all.
   * @throws LogbertError what is wrong with the first, when no other can stand in for it
   */
  first(before: ModelName | undefined): Promise<Bundle | undefined>
  /** What all lanes are to serve; undefined until it was looked for. */
  readonly target: Bundle | undefined
  /**
   * Looks whether another version is latest, and loads it. One that cannot be loaded leaves the old.
   * @param force tries one again that was refused before, and throws why it cannot be served
   */
  follow(force: boolean): Promise<void>
  /** The target could not be served: `back` is, instead. */
  refuse(back: Bundle, why: unknown): void
}

export const createModels = ({ registry, name, refused, note }: ModelsDeps): Models => {
  const kept = new Map<string, Promise<Bundle>>()
  /** Versions that could not be served: they are not tried again by themselves. */
  const bad = new Set<string>()
  let target: Bundle | undefined

  const load = (model: ModelName): Promise<Bundle> => {
    const key = nameOf(model)
    const known = kept.get(key)
    kept.delete(key)
    const loading = known ?? registry.load(model.name, model.version)
    kept.set(key, loading)
    loading.catch(() => kept.delete(key))
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!)
    return loading
  }
  const refuse = (model: ModelName): void => {
    if (!bad.has(nameOf(model))) refused()
    bad.add(nameOf(model))
  }
  /** Where the first is damaged, the next is better than none. */
  const loadFirst = async ([model, ...others]: ModelName[]): Promise<Bundle | undefined> => {
    if (model === undefined) return undefined
    try {
      return await load(model)
    } catch (error) {
      if (!isDamaged(error)) throw error
      refuse(model)
      const next = await loadFirst(others).catch(() => undefined)
      if (next === undefined) throw error
      note(`${wordsOf(error)}; ${nameOf(next.manifest)} is served instead`)
      return next
    }
  }
  const goesOn = (model: ModelName, error: unknown): void => {
    // A registry that is away says nothing against a version.
    if (isAway(error)) return
    refuse(model)
    const old = target === undefined ? 'the old one' : nameOf(target.manifest)
    note(`serving ${nameOf(model)} failed, ${old} goes on: ${wordsOf(error)}`)
  }
  return {
    async first(before) {
      const bundle = await loadFirst(await modelsToServe(registry, name, before))
      target ??= bundle
      return bundle
    },
    get target() {
      return target
    },
    async follow(force) {
      const wanted = await wantedModel(registry, name).catch(error => {
        // The model at work needs no registry: it is looked for again.
        if (force) throw error
        return undefined
      })
      if (wanted === undefined || sameModel(wanted, target?.manifest)) return
      if (!force && bad.has(nameOf(wanted))) return
      try {
        target = await load(wanted)
        bad.delete(nameOf(wanted))
      } catch (error) {
        goesOn(wanted, error)
        if (force) throw error
      }
    },
    refuse(back, error) {
      const refusedOne = target
      target = back
      if (refusedOne !== undefined && !sameModel(refusedOne.manifest, back.manifest)) {
        goesOn(refusedOne.manifest, error)
      }
    },
  }
}

const isDamaged = (error: unknown): boolean =>
  error instanceof LogbertError && error.code === 'BAD_BUNDLE'

const isAway = (error: unknown): boolean => error instanceof LogbertError && error.code === 'AWAY'

const nameOf = ({ name, version }: ModelName): string => `${name}@${version}`
