import type { Bundle, BundleDraft } from './bundle.ts'
import type { Manifest } from './manifest.ts'

/** `latest` is served, `previous` was before it, `candidate` waits to be promoted. */
export type Channel = 'latest' | 'previous' | 'candidate'

export interface ModelVersion {
  manifest: Manifest
  channels: Channel[]
}

/**
 * Versions of models on a byte store. A version never changes once its manifest is there; channels
 * are small files moved by compare-and-swap, so that of two who move one at the same time only one
 * wins.
 */
export interface Registry {
  /** Writes the files, then the manifest; moves no channel. */
  publish(draft: BundleDraft): Promise<Manifest>
  /** Lets `candidate` name a version. */
  offer(name: string, version: string): Promise<void>
  /**
   * `latest` becomes this version (or the candidate), `previous` what `latest` was.
   * @param expected version that `latest` must name still (null: none yet); any when absent
   * @throws LogbertError BAD_BUNDLE when there is no such whole version, CONFLICT when another
   * publisher was faster or the version is `latest` already
   */
  promote(name: string, version?: string, expected?: string | null): Promise<ModelVersion>
  /** `latest` becomes `previous` and the other way round. */
  rollback(name: string): Promise<ModelVersion>
  /** @throws LogbertError CONFLICT while a channel names it */
  remove(name: string, version: string): Promise<void>
  /** Reads a version or a channel's, every checksum compared. */
  load(name: string, wanted?: string): Promise<Bundle>
  /** What a channel names; undefined when it names nothing. */
  resolve(name: string, channel: Channel): Promise<string | undefined>
  /** All whole versions of all models or of one, newest first. */
  list(name?: string): Promise<ModelVersion[]>
}
