import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

const root = process.env.LOGBERT_TEST_CACHE ?? join(homedir(), '.cache', 'logbert-test')

/** Folder of a server's files, made once for all later runs; half of one is never seen. */
export const cached = async (
  name: string,
  make: (folder: string) => Promise<void>,
): Promise<string> => {
  const folder = join(root, name)
  if (existsSync(folder)) return folder
  await mkdir(root, { recursive: true })
  const fresh = await mkdtemp(join(root, '.making-'))
  try {
    await make(fresh)
    // Another run may have been faster.
    await rename(fresh, folder).catch(error => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  return folder
}

/** Runs a tool to its end. @throws with its last words when it fails or is not there */
export const runTool = async (
  command: readonly string[],
  env: Record<string, string> = {},
): Promise<void> => {
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...env },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const [said, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${said.trim().slice(-500)}`)
}
