import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

const VENV = resolve(import.meta.dir, '../../../.cache/python')

/**
 * A Python that can import `module`: LOGBERT_PYTHON, the virtual environment in .cache/python, or
 * the system's. Where there is none, `how` says what to run.
 */
export const pythonWith = (module: string, pip = module): { python?: string; how: string } => {
  const candidates = [process.env.LOGBERT_PYTHON, `${VENV}/bin/python`, Bun.which('python3')]
  const python = candidates.find(
    path =>
      path != null &&
      existsSync(path) &&
      Bun.spawnSync([path, '-c', `import ${module}`], { stderr: 'ignore' }).exitCode === 0,
  )
  const how = `python3 -m venv .cache/python && .cache/python/bin/pip install ${pip}`
  return python == null ? { how } : { python, how }
}
