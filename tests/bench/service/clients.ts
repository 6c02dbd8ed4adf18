import { join } from 'node:path'
import { startProgram } from '../../serve/program.ts'
import { learnTo } from './model.ts'
import { quantile } from './watch.ts'

const EVERY_MS = 50
const SECONDS = 20

/** One odd request a line; each line closes the request before it. */
const oddLine = (i: number): string => {
  const at = new Date(Date.UTC(2026, 0, 5) + 60_000 * i).toISOString()
  const word = i.toString(36).replace(/\d/g, d => 'ghijklmnop'[+d]!)
  return `${at} INFO strange ${word} ${word}ness happened to request req-${100_000 + i}x`
}

const ordinary = function* (): Generator<string> {
  for (let i = 0; i < 4000; i++) {
    const at = new Date(Date.UTC(2026, 0, 1) + 1000 * i).toISOString()
    yield `${at} INFO request req-${10_000 + (i >> 1)}x ${i % 2 === 0 ? 'opened' : 'closed'}`
  }
}

/** Many listeners in a process of their own: what each misses, and how late the server's thread is. */
export const clients = async (folder: string, args: string[]): Promise<void> => {
  const count = Number(args[0] ?? 1000)
  const models = join(folder, 'models')
  await learnTo(models, 'default', [...ordinary()], 0)
  const program = await startProgram({ data: join(folder, 'data'), models })
  type Told = { type: string; missing: number; doubled: number; events: number }
  const heard = new Map<string, (told: Told) => void>()
  const listeners = Bun.spawn([process.execPath, join(import.meta.dir, 'listeners.ts')], {
    env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: `${count + 100}` },
    stdio: ['ignore', 'inherit', 'inherit'],
    ipc: (told: Told) => heard.get(told.type)?.(told),
  })
  const told = (type: string): Promise<Told> => new Promise(resolve => heard.set(type, resolve))
  const connected = told('connected')
  listeners.send({ url: program.url, count })
  await connected
  const total = (1000 * SECONDS) / EVERY_MS
  const waits: number[] = []
  let running = true
  const ping = (async () => {
    while (running) {
      const start = performance.now()
      await (await fetch(`${program.url}/healthz`)).text()
      waits.push(performance.now() - start)
      await Bun.sleep(5)
    }
  })()
  const begun = performance.now()
  for (let i = 0; i <= total; i++) {
    while (performance.now() < begun + EVERY_MS * i) await Bun.sleep(1)
    await fetch(`${program.url}/logs?source=app`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: oddLine(i),
    })
  }
  const took = (performance.now() - begun) / 1000
  await Bun.sleep(2000)
  running = false
  await ping
  const metrics = await (await fetch(`${program.url}/metrics`)).text()
  const lag = Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(metrics)?.[1] ?? Number.NaN)
  const result = told('result')
  listeners.send('stop')
  const { missing, doubled, events } = await result
  console.log(
    `${count} SSE clients, ${(events / took).toFixed(1)} events/s each for ${SECONDS} s: ${missing} ` +
      `missing, ${doubled} doubled; event loop delay p99 ${(1000 * lag).toFixed(1)} ms (as the server ` +
      `measures it), GET /healthz beside it p50 ${quantile(waits, 0.5).toFixed(1)} ms, p99 ` +
      `${quantile(waits, 0.99).toFixed(1)} ms (both share the cores with the clients)`,
  )
  listeners.kill()
}
