import { expect, test } from 'bun:test'
import { tokensFrom } from '../../src/api/auth.ts'
import { learnRca, type RcaEvent, type RcaModel } from '../../src/core/rca/rca.ts'
import type { Registry } from '../../src/core/store/registry.ts'
import { serve } from '../api/server.ts'
import { openPage, withoutBrowser } from './browser.ts'

const skipped = withoutBrowser() !== undefined

const SERVICES = 60
const evil = '<img src=x onerror="document.title=1"> & more'

/** A chain of services, each of which calls the next one; the first of them says odd things. */
const chain = (): RcaModel => {
  const events: RcaEvent[] = []
  for (let i = 0; i < 40; i++) {
    let at = 1e12 + i * 1000
    const say = (service: string, template: string): void => {
      at += 2
      events.push({ at, service, template, text: template, id: `${at}`, trace: `t${i}` })
    }
    // Longer chains come less often, so that the last ones write the fewest lines.
    const length = i < 20 ? SERVICES : SERVICES - i
    for (let k = 0; k < length; k++) say(`service-${k}-of-many`, k === 0 ? evil : 'taken')
    for (let k = length - 1; k >= 0; k--) say(`service-${k}-of-many`, 'answered')
  }
  return learnRca(events)
}

const publish = async (registry: Registry, rca: RcaModel): Promise<string> => {
  const parts = { templates: {}, vocab: {}, calibration: {}, training: {}, config: {} }
  return (await registry.publish({ name: 'many', ...parts, rca, created: 3e12 })).version
}

test.skipIf(skipped)(
  'the page of a model shows services with their calls, more of them when asked, and the steps of one',
  async () => {
    const { service, url } = await serve()
    const version = await publish(service.registry, chain())
    const page = await openPage(`${url}/model?name=many&version=${version}`)
    const count = (selector: string) => `document.querySelectorAll('${selector}').length`
    const text = (selector: string) =>
      page.evaluate<string>(`document.querySelector('${selector}').textContent`)
    try {
      await page.until(`${count('#flow .node')} === 40`)
      expect(await page.evaluate<number>(count('#flow .edge'))).toBe(39)
      expect(await text('#about')).toContain('40 of 60 services')
      expect(await text('#flow .node title')).toContain('service-0-of-many: 80 lines of 2 kinds')
      expect(await text('#flow .edge title')).toMatch(
        /^service-\d+-of-many calls service-\d+.*: 40 ×/,
      )
      await page.evaluate(`document.querySelector('#more button').click()`)
      await page.until(`${count('#flow .node')} === 60 && ${count('#more button')} === 0`)

      // Chosen by the keyboard as well as by a click.
      await page.evaluate(`document.querySelector('#flow .node').dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))`)
      await page.until(`${count('#steps .node')} === 2`)
      expect(await text('#steps h2')).toBe('Steps of service-0-of-many')
      expect(await text('.step-list')).toContain(evil)
      expect(await text('.step-list .was')).toMatch(/^then answered \(100 % · \d+ ms\)$/)
      expect(await page.evaluate<number>(count('#steps .edge.expected'))).toBe(1)
      expect(await page.evaluate<number>(count('main img, main script'))).toBe(0)
      await page.evaluate(`document.querySelectorAll('#flow .node')[5].dispatchEvent(
        new MouseEvent('click', { bubbles: true }))`)
      await page.until(`document.querySelector('#steps h2').textContent.includes('service-5-')`)
      expect(await page.evaluate<number>(count('#flow .chosen'))).toBe(1)
      // Where the pointer is, edges stand out with their words.
      const shown = `[...document.querySelectorAll('#flow .edge text')]
        .filter(each => getComputedStyle(each).display !== 'none').length`
      expect(await page.evaluate<number>(shown)).toBe(0)
      await page.evaluate(
        `document.querySelectorAll('#flow .node')[5].dispatchEvent(new PointerEvent('pointerenter'))`,
      )
      expect(await page.evaluate<number>(shown)).toBe(2)
      const wide = 'document.documentElement.scrollWidth <= document.documentElement.clientWidth'
      expect(await page.evaluate<boolean>(wide)).toBe(true)
      expect(await page.evaluate<string>('document.title')).toStartWith('Model')

      // A model that has learned nothing of services says so.
      await page.evaluate(`document.querySelector('#versions').value = 'default/${service.models.latest}';
        document.querySelector('#versions').onchange()`)
      await page.until(`document.querySelector('#about').textContent.includes('train again')`)
      expect(await page.evaluate<number>(count('svg'))).toBe(0)
      expect(page.faults.filter(fault => !fault.includes('404'))).toEqual([])
    } finally {
      await page.close()
    }
  },
  30_000,
)

test.skipIf(skipped)(
  'without a choice it is the model that is served; where tokens are wanted it asks for one',
  async () => {
    const { service, url } = await serve({ auth: tokensFrom({ LOGBERT_TOKENS_VIEWER: 'eye' }) })
    const page = await openPage(`${url}/model`)
    try {
      await page.until(`document.querySelector('.sign-in')`)
      await page.evaluate(`document.querySelector('.sign-in input').value = 'eye';
        document.querySelector('.sign-in').requestSubmit()`)
      await page.until(`location.search.includes('version=${service.models.latest}')`)
    } finally {
      await page.close()
    }
  },
  30_000,
)
