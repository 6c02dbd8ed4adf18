import { afterAll, expect, test } from 'bun:test'
import { createNarrator } from '../../src/llm/narrator.ts'
import { serve } from '../api/server.ts'
import { chatServer, events, streamed } from '../llm/chat-server.ts'
import { answer, settings } from '../llm/given.ts'
import { openPage, withoutBrowser } from './browser.ts'

const skipped = withoutBrowser() !== undefined
const ends: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
})

const evil = 'boom <img src=x onerror="document.title=1"> for jroe@shop.example'
const WORDS = answer(['Boom came first.', ['L1'], ['S1']], ['It was for <EMAIL_1>.', ['L1']])

/** An answer of which the first sentence comes, and the rest when it is told to. */
const halting = (goOn: Promise<void>): Response =>
  events(
    new ReadableStream({
      async start(controller) {
        const whole = await streamed(WORDS).bytes()
        const part = Math.ceil(0.7 * whole.length)
        controller.enqueue(whole.slice(0, part))
        await goOn
        controller.enqueue(whole.slice(part))
        controller.close()
      },
    }),
  )

test.skipIf(skipped)(
  'the cause of an incident is shown in its card, with words as they are written and lines behind each',
  async () => {
    const goOn = Promise.withResolvers<void>()
    const model = chatServer(() => halting(goOn.promise))
    ends.push(model.stop)
    const { service, url } = await serve({
      narrator: hooks => createNarrator(settings({ endpointUrl: model.url }), {}, hooks),
    })
    await service.post('/logs?source=orders', evil, 'text/plain')
    await service.pipeline.run()
    const page = await openPage(url)
    const count = (selector: string) =>
      page.evaluate<number>(`document.querySelectorAll('${selector}').length`)
    const text = (selector: string) =>
      page.evaluate<string>(`document.querySelector('${selector}').textContent`)
    try {
      await page.until(`document.querySelector('#incidents li')`)
      await page.evaluate(
        `[...document.querySelectorAll('#incidents button')].find(b => b.textContent === 'Root cause').click()`,
      )
      // The report, and the first sentence, come before the answer is whole.
      await page.until(`document.querySelector('.report .words .said')`)
      expect(await count('.report .words .said')).toBe(1)
      expect(await text('.report .suspect')).toContain('orders')
      expect(await count('.report .piece')).toBe(1)
      // How odd the model found a line, and what it expected, stand with the line.
      await page.evaluate(`document.querySelector('.report .suspect summary').click()`)
      expect(await text('.report .suspect .line')).toContain('surprise 9.0, entropy 0.2')
      expect(await text('.report .suspect .line .was')).toBe('expected: all is well 90 %')
      expect(await text('.report')).toContain('High entropy: the model did not know')
      await page.evaluate(`document.querySelector('.report .words summary').click()`)
      expect(await text('.report .words details[open] pre')).toBe(evil)
      goOn.resolve()
      await page.until(`document.querySelectorAll('.report .words .said').length === 2`)
      expect(await text('.report .words .said:last-child summary')).toContain('jroe@shop.example')
      expect(await count('.report img')).toBe(0)
      expect(await page.evaluate<string>('document.title')).toBe('LogBERT Edge')
      const [stored] = service.db.reports.list({}).items
      await page.until(`[...document.querySelectorAll('#incidents .report button')].length === 2`)
      await page.evaluate(`document.querySelector('.report .actions button').click()`)
      await page.until(`document.querySelector('.report .actions .facts')`)
      expect(service.db.reportFeedback.get(stored!.id)).toMatchObject({ helpful: true })
      await page.evaluate(`document.querySelector('.report .actions input').value = ' the fan '`)
      await page.evaluate(`document.querySelector('.report .actions button').click()`)
      await page.until(`document.querySelector('.report .actions').textContent.includes('similar')`)
      expect(service.db.reportFeedback.get(stored!.id)).toMatchObject({ trueCause: 'the fan' })

      // What was told before the page came is there, and stays when the incident changes.
      const again = await openPage(url)
      try {
        await again.until(`document.querySelectorAll('.report .words .said').length === 2`)
        await service.post('/logs?source=orders', 'boom again', 'text/plain')
        await service.pipeline.run()
        await again.until(`document.querySelectorAll('#list li').length === 2`)
        const reports = `document.querySelectorAll('#incidents .report').length`
        expect(await again.evaluate<number>(reports)).toBe(1)
        expect(again.faults).toEqual([])
      } finally {
        await again.close()
      }
      expect(page.faults).toEqual([])
    } finally {
      goOn.resolve()
      await page.close()
    }
  },
  60_000,
)
