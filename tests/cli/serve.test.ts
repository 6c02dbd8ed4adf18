import { expect, test } from 'bun:test'
import { resolve } from 'node:path'
import { parse } from 'yaml'
import type { Io } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/run.ts'
import { createServeCommand, type Serve } from '../../src/cli/serve.ts'
import { type Config, parseConfig } from '../../src/config.ts'
import { testFolder } from './folder.ts'
import { logbert } from './spawn.ts'

const { path: folder, put } = testFolder()

test('--print-config shows what would be in effect: options over environment over file; secrets hidden', async () => {
  const file = put('c.yaml', 'server: { port: 1, host: "::1" }\nsession: { idleSeconds: 7 }\n')
  const env = {
    LOGBERT__SERVER__PORT: '2',
    LOGBERT__SERVER__HOST: '127.0.0.2',
    LOGBERT_LLM_TOKEN: 'sesame',
    LOGBERT_TOKENS_ADMIN: 'sesame2',
    HF_TOKEN: '',
  }
  const args = ['serve', '--print-config', '--config', file, '--port', '3']
  const { code, out } = await logbert(args, { env })
  expect(code).toBe(0)
  const config = parseConfig({ yaml: out })
  expect(config.server).toMatchObject({ port: 3, host: '127.0.0.2' })
  expect(config.session.idleSeconds).toBe(7)
  expect(parse(out)).toEqual(config)
  expect(out).not.toContain('sesame')
  expect(out).toEndWith('hidden: LOGBERT_LLM_TOKEN, LOGBERT_TOKENS_ADMIN\n')
  const { records } = await logbert([...args, '--json'], { env })
  expect(records()).toEqual([config as unknown as Record<string, unknown>])
})

test('every fault of file, environment and options at once, with exit code 2', async () => {
  const file = put('bad.yaml', 'server: { port: 99999 }\nsesion: {}\n')
  const env = { LOGBERT__TRAIN__EPOCHS: 'many', LOGBERT__BUS__DRIVER: 'pigeon' }
  const { code, out, err } = await logbert(['serve', '--config', file, '--host', ''], { env })
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain('5 faults')
  expect(err).toContain('server.port: is 99999')
  expect(err).toContain('sesion: there is no such key; did you mean session?')
  expect(err).toContain('train.epochs (LOGBERT__TRAIN__EPOCHS): is "many"')
  expect(err).toContain('bus.driver (LOGBERT__BUS__DRIVER): is "pigeon"; give embedded')
  expect(err).toContain('server.host (command line): is ""')
})

test('a file that is not there, words and unknown options end with 2', async () => {
  const cases: [string[], string][] = [
    [['--config', `${folder}/none.yaml`], 'none.yaml failed: it does not exist'],
    [['app.log'], 'takes no FILE'],
    [['--prot', '1'], '--prot'],
  ]
  for (const [args, message] of cases) {
    const { code, err } = await logbert(['serve', ...args])
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) })
  }
})

test('the address is told when it is ready; a signal stops it, and then it ends with 0', async () => {
  let out = ''
  let stopped = false
  let given: Config | undefined
  const io: Io = {
    out: async text => {
      out += text
    },
    err: () => undefined,
    terminal: false,
    env: { LOGBERT__MODEL__NAME: 'shop' },
  }
  const serve: Serve = async (config, { demo }) => {
    expect(demo).toBe(true)
    given = config
    return {
      url: 'http://127.0.0.1:7',
      stop: async () => {
        stopped = true
      },
    }
  }
  const config = resolve(import.meta.dir, '../../config/config.yaml')
  const args = ['serve', '--demo', '--json', '--config', config]
  const running = runCommand([createServeCommand(serve)], args, io)
  while (out === '') await Bun.sleep(1)
  expect(JSON.parse(out)).toEqual({ type: 'ready', url: 'http://127.0.0.1:7' })
  expect(given?.model.name).toBe('shop')
  expect(stopped).toBe(false)
  process.emit('SIGTERM')
  expect(await running).toBe(0)
  expect(stopped).toBe(true)
})
