import { expect, test } from 'bun:test'
import { testServer } from '../api/server.ts'
import { testFolder } from '../cli/folder.ts'
import { openPage, withoutBrowser } from './browser.ts'

const { path: folder } = testFolder()

test.skipIf(withoutBrowser() !== undefined)(
  'the page pops anomalies up as they come, shows log text as text, and comes back after a loss',
  async () => {
    const server = await testServer(folder)
    const evil = 'boom <img src=x onerror="document.title=1"><script>document.title=2</script>'
    await server.post('/logs?source=early', 'boom before the page came', 'text/plain')
    const page = await openPage(server.url)
    try {
      await page.until(`document.querySelectorAll('#list li').length === 1`)
      await server.post('/logs?source=web', evil, 'text/plain')
      await page.until(`document.querySelectorAll('#list li').length === 2`)
      await page.until(`document.querySelectorAll('.popup').length > 0`)
      const text = await page.evaluate<string>(`document.querySelector('#list li').textContent`)
      expect(text).toContain(evil)
      expect(text).toContain('expected: all is well 90 %')
      expect(
        await page.evaluate(`document.querySelectorAll('#list img, #list script').length`),
      ).toBe(0)
      expect(await page.evaluate<string>('document.title')).toBe('LogBERT Edge')
      expect(await page.evaluate(`document.querySelector('#state').textContent`)).toBe('live')
      expect(await page.evaluate(`document.querySelector('#model').textContent`)).toMatch(
        /^default /,
      )
      expect(page.faults).toEqual([])
      await server.stop()
      await page.until(`document.querySelector('#state').textContent.startsWith('connection lost')`)
    } finally {
      await page.close()
    }
  },
  30_000,
)
