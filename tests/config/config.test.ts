import { expect, test } from 'bun:test'
import * as v from 'valibot'
import { readEnv } from '../../src/config/env.ts'
import { key, section, text } from '../../src/config/kinds.ts'
import { redacted } from '../../src/config/show.ts'
import { parseConfig, showConfig } from '../../src/config.ts'

const faults = (yaml: string, env: Record<string, string> = {}): string => {
  try {
    parseConfig({ yaml, file: 'c.yaml', env })
  } catch (error) {
    return (error as Error).message
  }
  return 'no fault'
}

test('an empty file, empty sections and empty variables mean the defaults', () => {
  expect(parseConfig().server).toMatchObject({ host: '127.0.0.1', port: 8080 })
  expect(parseConfig().session).toMatchObject({ idleSeconds: 'auto', quietSeconds: 'auto' })
  expect(parseConfig({ yaml: '# nothing' })).toEqual(parseConfig())
  const yaml = 'server:\n  # port: 9000\nrca:\n  llm:\n    # model: x\n'
  const env = { LOGBERT__RCA__LLM__MODEL: '', LOGBERT__SERVER__PORT: '' }
  expect(parseConfig({ yaml, env })).toEqual(parseConfig())
})

test('all faults come at once, each with its path, its origin and what to give', () => {
  const message = faults('server: { port: 70000, heartbeatSeconds: soon }\ndetect: { budget: 0 }', {
    LOGBERT__TRAIN__BACKEND: 'abacus',
    LOGBERT__BUS__MAXAGEHOURS: '{',
  })
  expect(message).toStartWith('reading c.yaml failed, 5 faults:\n')
  expect(message).toContain('  server.port: is 70000; give a whole number from 0 to 65,535\n')
  expect(message).toContain(
    '  server.heartbeatSeconds: is "soon"; give a number from 0.05 to 300\n',
  )
  expect(message).toContain('  detect.budget: is 0; give a number above 0 up to 0.5\n')
  expect(message).toContain('  bus.maxAgeHours (LOGBERT__BUS__MAXAGEHOURS): is "{"; give a number')
  expect(message).toContain(
    '  train.backend (LOGBERT__TRAIN__BACKEND): is "abacus"; give auto, wasm, webgpu, native, ',
  )
})

test('every unknown key is named, with the one that was probably meant', () => {
  const message = faults(
    'server: { prot: 1, maxOpen: 2, host: a }\nsesion: { key: none }\nport: 9\n' +
      'zebra: 1\nrca: { llm: { modle: x } }\ninput: { masks: [{ name: a, patern: b }] }',
    { LOGBERT__SERVER__PROT: '1', LOGBERT__SERVER: '{}' },
  )
  const lines = message.split('\n').map(line => line.trim())
  expect(lines).toContain('server.prot: there is no such key; did you mean server.port?')
  expect(lines).toContain('server.maxOpen: there is no such key; did you mean session.maxOpen?')
  expect(lines).toContain('sesion: there is no such key; did you mean session?')
  expect(lines).toContain('port: there is no such key; did you mean server.port?')
  expect(lines).toContain('zebra: there is no such key')
  expect(lines).toContain('rca.llm.modle: there is no such key; did you mean rca.llm.model?')
  expect(lines).toContain(
    'input.masks.0.patern: there is no such key; did you mean input.masks.0.pattern?',
  )
  expect(lines).toContain('input.masks.0.pattern: is missing; give a regular expression')
  expect(lines).toContain(
    'LOGBERT__SERVER__PROT: there is no such key; did you mean LOGBERT__SERVER__PORT?',
  )
  expect(message).toContain('LOGBERT__SERVER: is a section; set its keys, as in LOGBERT__SERVER__')
})

test('what the parts would refuse later is refused here', () => {
  const message = faults(
    'input: { header: "<time> <level>", timeZone: Mars/Olympus, masks: [{ name: a, pattern: "(" }] }\n' +
      'session: { key: "(a+)+" }\nbus: { maxBacklogBytes: 2000000, maxBytes: 1048576 }\n' +
      'rca: { llm: { endpointUrl: "ftp://x", provider: together } }',
  )
  expect(message).toContain('  input.header: cannot use the header format')
  expect(message).toContain('  input.timeZone: cannot use time zone')
  expect(message).toContain('  input.masks.0.pattern: cannot use the mask pattern')
  expect(message).toContain('  session.key: reading the session pattern "(a+)+" failed: ')
  expect(message).toContain('  bus: maxBacklogBytes (2000000) is above maxBytes (1048576)')
  expect(message).toContain('  rca.llm.endpointUrl: is no web address')
  expect(faults('rca: { llm: { provider: together } }')).toContain('  rca.llm: names where to ask')
})

test('what is no YAML, or no keys and values, is said so', () => {
  expect(faults('a: [1')).toContain('no YAML')
  expect(faults('- 1')).toContain('must hold keys')
  expect(faults('server: 5')).toContain('server: is 5; give keys and values')
  expect(faults('server: 5', { LOGBERT__SERVER__PORT: '1' })).toContain('server: is 5')
  expect(faults('server: { port: 1, port: 2 }')).toContain('unique')
})

test('the environment wins over the file and options over both, at any depth and in any case', () => {
  const config = parseConfig({
    yaml: 'server: { port: 1, host: "::1", keptEvents: 5 }',
    env: {
      LOGBERT__SERVER__PORT: '9000',
      LOGBERT__SERVER__MAXBODYBYTES: '2048',
      logbert__rca__llm__timeoutseconds: '2.5',
      LOGBERT__RCA__LLM__MODEL: 'llama',
      LOGBERT__DETECT__DRIFT: 'false',
      LOGBERT__SESSION__WINDOW: '20',
      HOME: '/',
    },
    options: { 'server.port': '9001', 'paths.data': undefined },
  })
  expect(config.server).toMatchObject({
    port: 9001,
    maxBodyBytes: 2048,
    host: '::1',
    keptEvents: 5,
  })
  expect(config.rca.llm).toMatchObject({ timeoutSeconds: 2.5, model: 'llama' })
  expect(config.detect.drift).toBe(false)
  expect(config.session.window).toBe(20)
})

test('text from the environment is taken as it stands, or in quotes', () => {
  const config = parseConfig({
    env: {
      LOGBERT__SESSION__KEY: '[a-z]+: ([0-9]+)',
      LOGBERT__MODEL__NAME: '17',
      LOGBERT__INPUT__TIMEZONE: '"+02:00"',
      LOGBERT__INPUT__MASKS: "[{name: order, pattern: 'ORD-[0-9]{1,9}'}]",
    },
  })
  expect(config.session.key).toBe('[a-z]+: ([0-9]+)')
  expect(config.model.name).toBe('17')
  expect(config.input).toMatchObject({
    timeZone: '+02:00',
    masks: [{ name: 'order', pattern: 'ORD-[0-9]{1,9}' }],
  })
})

test('lists from the environment are divided by commas, or in YAML form', () => {
  const schema = v.strictObject({
    a: section('', { list: key(v.array(text), [], ''), numbers: key(v.array(v.number()), [], '') }),
  })
  const { overrides } = readEnv({ LOGBERT__A__LIST: 'x, 1', LOGBERT__A__NUMBERS: '[1, 2]' }, schema)
  expect(overrides.map(({ value }) => value)).toEqual([
    ['x', '1'],
    [1, 2],
  ])
})

test('what is shown can be read again, and holds no secret', () => {
  const config = parseConfig({
    yaml: 'server: { port: 9 }\ninput: { masks: [{ name: a, pattern: "b: #+" }] }',
  })
  expect(parseConfig({ yaml: showConfig(config) })).toEqual(config)
  const schema = v.strictObject({
    a: v.string(),
    b: v.pipe(v.string(), v.metadata({ secret: true })),
  })
  const hidden = JSON.stringify(
    redacted(schema, {
      a: 'https://me:sesame@x.example/v1?api-key=sesame&api-version=7',
      b: 'sesame',
    }),
  )
  expect(hidden).not.toContain('sesame')
  expect(hidden).toContain('api-version=7')
  const given = faults('rca: { llm: { model: m, endpointUrl: "https://user:sesame@x.example" } }')
  expect(given).toContain('LOGBERT_LLM_TOKEN')
  expect(given).not.toContain('sesame')
  expect(faults('rca: { llm: { model: m, endpointUrl: "https://x.example?key=sesame" } }')).toMatch(
    /rca\.llm\.endpointUrl: holds a query/,
  )
})
