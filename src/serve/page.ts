import { resolve } from 'node:path'
import type { AppDeps } from '../api/deps.ts'

const root = (path: string): string => resolve(import.meta.dir, '../..', path)

const FILES: Record<string, { file: string; type: string }> = {
  '/index.html': { file: 'public/index.html', type: 'text/html; charset=utf-8' },
  '/model': { file: 'public/model.html', type: 'text/html; charset=utf-8' },
  '/model.css': { file: 'public/model.css', type: 'text/css; charset=utf-8' },
  '/style.css': { file: 'public/style.css', type: 'text/css; charset=utf-8' },
  '/icon.svg': { file: 'public/icon.svg', type: 'image/svg+xml' },
}

/** Scripts by where they begin. */
const SCRIPTS: Record<string, string> = {
  '/page.js': 'src/ui/page.ts',
  '/model.js': 'src/ui/model-page.ts',
}

/** The pages' files; a script is put together from `src/ui` when it is first asked for. */
export const createPage = (): AppDeps['asset'] => {
  const scripts = new Map<string, Promise<string>>()
  return async path => {
    const begin = SCRIPTS[path]
    if (begin !== undefined) {
      const script = scripts.get(path) ?? bundle(begin)
      scripts.set(path, script)
      return { body: await script, type: 'text/javascript; charset=utf-8' }
    }
    const entry = FILES[path]
    if (entry === undefined) return undefined
    return { body: await Bun.file(root(entry.file)).bytes(), type: entry.type }
  }
}

const bundle = async (begin: string): Promise<string> => {
  const built = await Bun.build({
    entrypoints: [root(begin)],
    target: 'browser',
    minify: true,
  })
  return built.outputs[0]!.text()
}
