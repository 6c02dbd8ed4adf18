import { createConnection, createServer, type Socket } from 'node:net'

/** What becomes of the answer on one connection. */
export type Flaw =
  /** Passes so many bytes, does something, then breaks the connection off. */
  | { cut: number; then?: () => Promise<unknown> }
  /** Passes so many bytes, then nothing more, and stays open. */
  | { stall: number }
  /** Passes nothing: the request is done, its answer lost. */
  | 'lost'

export interface FlakyProxy {
  endpoint: string
  /** What becomes of the next answers, one connection each; all further ones pass. */
  flaws: (Flaw | undefined)[]
  /** HTTP status of each answer that came from the server. */
  statuses: number[]
  close(): void
}

/** Stands before a server and spoils what it answers. */
export const flakyProxy = async (endpoint: string): Promise<FlakyProxy> => {
  const { hostname, port } = new URL(endpoint)
  const sockets = new Set<Socket>()
  const flaws: FlakyProxy['flaws'] = []
  const statuses: number[] = []
  const server = createServer(near => {
    const flaw = proxy.flaws.shift()
    const far = createConnection({ host: hostname, port: Number(port) })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    near.pipe(far)
    near.on('close', () => far.destroy())
    pass(far, near, flaw, status => proxy.statuses.push(status))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as { port: number }
  const proxy: FlakyProxy = {
    ...{ endpoint: `http://127.0.0.1:${address.port}`, flaws, statuses },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
  return proxy
}

const pass = (
  far: Socket,
  near: Socket,
  flaw: Flaw | undefined,
  told: (status: number) => void,
) => {
  const stalls = typeof flaw === 'object' && 'stall' in flaw
  const most = limitOf(flaw)
  let passed = 0
  far.on('data', (data: Uint8Array) => {
    if (passed === 0) told(Number(new TextDecoder().decode(data.subarray(9, 12))))
    near.write(data.subarray(0, Math.max(0, most - passed)))
    const over = passed < most && passed + data.length >= most
    passed += data.length
    if (flaw === 'lost') near.destroy()
    else if (over && !stalls) void cutOff(near, flaw as { then?: () => Promise<unknown> })
  })
  far.on('end', () => (stalls ? undefined : near.end()))
}

const cutOff = async (near: Socket, { then }: { then?: () => Promise<unknown> }): Promise<void> => {
  await then?.()
  near.end()
}

const limitOf = (flaw: Flaw | undefined): number => {
  if (flaw === undefined) return Number.POSITIVE_INFINITY
  if (flaw === 'lost') return 0
  return 'cut' in flaw ? flaw.cut : flaw.stall
}
