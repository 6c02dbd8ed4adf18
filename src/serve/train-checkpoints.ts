import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { LogbertError } from '../core/errors.ts'
import { type CheckpointStore, readCheckpoint, writeCheckpoint } from '../core/train/checkpoint.ts'
import { writeDurably } from '../platform/durable-file.ts'

/**
 * Checkpoints as files of a folder. Neither a damaged one nor a full disk ends a training: it begins
 * anew, or could not go on after a restart, and says so.
 */
export const folderCheckpoints = (
  folder: string,
  note: (text: string) => void,
): CheckpointStore => {
  const pathOf = (network: number): string => join(folder, `network-${network}.ckpt`)
  return {
    async load(network) {
      const bytes = await readFile(pathOf(network)).catch(() => undefined)
      if (bytes === undefined) return undefined
      try {
        return readCheckpoint(bytes)
      } catch (error) {
        if (!(error instanceof LogbertError)) throw error
        note(error.message)
        return undefined
      }
    },
    async save(network, checkpoint) {
      const path = pathOf(network)
      await writeDurably(path, writeCheckpoint(checkpoint), file => rename(file, path)).catch(
        (error: unknown) => note(`${error instanceof Error ? error.message : error}`),
      )
    },
  }
}
