import { resolve } from 'node:path'
import type { AppDeps } from '../api/deps.ts'

const root = (path: string): string => resolve(import.meta.dir, '../..', path)

const FILES: Record<string, { file: string; type: string }> = {
  '/index.html': { file: 'public/index.html', type: 'text/html; charset=utf-8' },
  '/style.css': { file: 'public/style.css', type: 'text/css; charset=utf-8' },
  '/icon.svg': { file: 'public/icon.svg', type: 'image/svg+xml' },
}

/** The page's files; its script is put together from `src/ui` when it is first asked for. */
export const createPage = (): AppDeps['asset'] => {
  let script: Promise<string> | undefined
  return async path => {
    if (path === '/page.js') {
      script ??= bundle()
      return { body: await script, type: 'text/javascript; charset=utf-8' }
    }
    const entry = FILES[path]
    if (entry === undefined) return undefined
    return { body: await Bun.file(root(entry.file)).bytes(), type: entry.type }
  }
}

const bundle = async (): Promise<string> => {
  const built = await Bun.build({
    entrypoints: [root('src/ui/page.ts')],
    target: 'browser',
    minify: true,
  })
  return built.outputs[0]!.text()
}
