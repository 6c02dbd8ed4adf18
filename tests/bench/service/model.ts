import { publishBundle } from '../../../src/core/store/bundle.ts'
import { folderStore } from '../../../src/platform/files.ts'
import { localEngine } from '../../../src/serve/local-engine.ts'

/** Learns from lines and publishes to a folder of models. */
export const learnTo = async (
  folder: string,
  name: string,
  lines: readonly string[],
  epochs: number,
): Promise<void> => {
  const draft = await localEngine().learn(
    {
      format: 'lines',
      open: async function* () {
        for (let at = 0; at < lines.length; at += 10_000) {
          yield lines.slice(at, at + 10_000).map(text => ({ text, source: 'hdfs', arrived: 0 }))
        }
      },
    },
    { name, session: 'auto', budget: 0.001, seed: 1, epochs, backend: 'wasm' },
    () => undefined,
  )
  await publishBundle(folderStore(folder), draft)
}
