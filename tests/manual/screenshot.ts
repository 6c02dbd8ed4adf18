import { resolve } from 'node:path'
import { openPage } from '../ui/browser.ts'

/** Takes the README's picture: the demo's live page after a while. `bun tests/manual/screenshot.ts` */
const root = resolve(import.meta.dir, '../..')
const WAIT_MS = 40_000

if (import.meta.main) {
  const child = Bun.spawn([process.execPath, 'src/main.ts', '--demo', '--port', '0'], {
    cwd: root,
    stdout: 'pipe',
  })
  const { value } = await child.stdout.getReader().read()
  const page = await openPage(new TextDecoder().decode(value).trim())
  await Bun.sleep(WAIT_MS)
  await page.until(`document.querySelectorAll('.popup').length > 0`)
  await Bun.write(resolve(root, 'public/screenshot.png'), await page.screenshot())
  await page.close()
  child.kill()
}
