import { expect, test } from 'bun:test'
import { tokensFrom } from '../../src/api/auth.ts'
import { serve } from '../api/server.ts'
import { openPage, withoutBrowser } from './browser.ts'

const skipped = withoutBrowser() !== undefined
const long = 'x'.repeat(3000)
const evil = `boom <img src=x onerror="document.title=1"><script>document.title=2</script> ${long}`

test.skipIf(skipped)(
  'the page pops incidents up as they come, lists anomalies, shows log text as text, and comes back',
  async () => {
    const { service, url, stop } = await serve()
    const send = async (source: string, text: string): Promise<void> => {
      await service.post(`/logs?source=${source}`, text, 'text/plain')
      await service.pipeline.run()
    }
    await send('early', 'boom before the page came')
    const page = await openPage(url)
    const count = (selector: string) => `document.querySelectorAll('${selector}').length`
    const text = (selector: string) =>
      page.evaluate<string>(`document.querySelector('${selector}').textContent`)
    try {
      await page.until(`${count('#list li')} === 1 && ${count('#incidents li')} === 1`)
      expect(await page.evaluate<number>(count('.popup'))).toBe(0)
      await send(long.slice(0, 200), evil)
      await page.until(`${count('#list li')} === 2 && ${count('.popup')} > 0`)
      const shown = await text('#list li')
      expect(shown).toContain(evil.slice(0, 900))
      expect(shown).toContain('expected: all is well 90 %')
      expect(await text('.popup')).toContain('boom <img')
      expect(await page.evaluate<number>(count('main img, main script, .popup img'))).toBe(0)
      expect(await page.evaluate<string>('document.title')).toBe('LogBERT Edge')
      // Nothing is wider than the window, however long the text.
      const wide = 'document.documentElement.scrollWidth <= document.documentElement.clientWidth'
      expect(await page.evaluate<boolean>(wide)).toBe(true)
      expect(await text('#state')).toBe('live')
      expect(await text('#model')).toStartWith('default ')

      await page.evaluate(`document.querySelector('#incidents button').click()`)
      await page.until(count('.incident.acknowledged'))
      expect(service.db.incidents.list({ states: ['acknowledged'] }).items.length).toBe(1)
      await page.evaluate(`document.querySelector('#list button').click()`)
      await page.until(count('article.normal'))
      expect(service.db.feedback.normals().length).toBe(1)
      service.feed.transient('stats', { ...service.pipeline.stats(), lines: 1234 })
      await page.until(`document.querySelector('#lines').textContent === '1,234'`)
      expect(page.faults).toEqual([])
      await stop()
      await page.until(`document.querySelector('#state').textContent.startsWith('connection lost')`)
    } finally {
      await page.close()
    }
  },
  30_000,
)

test.skipIf(skipped)(
  'where tokens are wanted the page asks for one, and works with it',
  async () => {
    const { service, url } = await serve({ auth: tokensFrom({ LOGBERT_TOKENS_OPERATOR: 'hand' }) })
    const page = await openPage(url)
    const signIn = (token: string) =>
      page.evaluate(`document.querySelector('.sign-in input').value = ${JSON.stringify(token)};
        document.querySelector('.sign-in').requestSubmit()`)
    try {
      await page.until(`document.querySelector('.sign-in')`)
      expect(await page.evaluate<string>(`document.querySelector('main').textContent`)).toContain(
        'Authorization',
      )
      await signIn('hand')
      await page.until(`document.querySelector('#state').textContent === 'live'`)
      expect((await service.app.request('/anomalies')).status).toBe(401)
    } finally {
      await page.close()
    }
  },
  30_000,
)

test.skipIf(skipped)(
  'the page about the interface obeys its own policy',
  async () => {
    const { url } = await serve()
    const page = await openPage(`${url}/docs`)
    try {
      await page.until(`document.querySelectorAll('details').length > 40`)
      expect(page.faults).toEqual([])
    } finally {
      await page.close()
    }
  },
  30_000,
)
