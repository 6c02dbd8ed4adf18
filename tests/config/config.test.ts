import { expect, test } from 'bun:test'
import { parseConfig } from '../../src/config.ts'

const faults = (yaml: string, env: Record<string, string> = {}): string => {
  try {
    parseConfig({ yaml, file: 'c.yaml', env })
  } catch (error) {
    return (error as Error).message
  }
  return 'no fault'
}

test('an empty file means the defaults', () => {
  expect(parseConfig().server).toMatchObject({ host: '127.0.0.1', port: 8080 })
  expect(parseConfig({ yaml: '# nothing' })).toEqual(parseConfig())
})

test('the documented file holds exactly the defaults', async () => {
  const file = new URL('../../config/config.yaml', import.meta.url)
  const yaml = await Bun.file(file).text()
  expect(parseConfig({ yaml })).toEqual(parseConfig())
  for (const [name, section] of Object.entries(parseConfig())) {
    expect(yaml).toContain(`\n${name}:`)
    for (const key of Object.keys(section)) expect(yaml).toContain(`\n  ${key}: `)
  }
})

test('the environment wins over the file', () => {
  const env = { LOGBERT__SERVER__PORT: '9000', LOGBERT__SERVER__MAXBODYBYTES: '2048', HOME: '/' }
  const config = parseConfig({ yaml: 'server: { port: 1, host: "::1" }', env })
  expect(config.server).toMatchObject({ port: 9000, maxBodyBytes: 2048, host: '::1' })
})

test('all faults come at once, each with its path and origin', () => {
  const message = faults('server: { port: 70000, colour: 1 }\ndetect: { budget: 0 }\nx: 1', {
    LOGBERT__TRAIN__BACKEND: 'abacus',
  })
  expect(message).toContain('c.yaml failed, 5 faults')
  for (const path of ['server.port', 'server.colour', 'detect.budget', 'x']) {
    expect(message).toContain(`\n  ${path}: `)
  }
  expect(message).toContain('train.backend (LOGBERT__TRAIN__BACKEND): ')
})

test('what is no YAML, or no keys and values, is said so', () => {
  expect(faults('a: [1')).toContain('no YAML')
  expect(faults('- 1')).toContain('must hold keys')
})
