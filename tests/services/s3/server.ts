import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { S3Options } from '../../../src/s3/client.ts'
import { KEYS, type ServerKind, versitygw } from './kinds.ts'

/** An S3 server for tests. */
export interface S3Server {
  /** How it is reached. */
  options: Required<Pick<S3Options, 'endpoint' | 'region' | 'forcePathStyle' | 'credentials'>>
  /** The credentials for a process. */
  env: Record<string, string>
  /** A client of the SDK, for what tests do themselves. */
  client: S3Client
  /** Makes an empty bucket, and gives its name. */
  bucket(): Promise<string>
  /** Credentials of somebody who may do nothing with the buckets of others; undefined: none to be had. */
  stranger(): Promise<typeof KEYS | undefined>
  /** Ends it in the middle of whatever it does; the port stays free, the data stays. */
  kill(): Promise<void>
  /** Starts it again after `kill`. */
  start(): Promise<void>
  /** Ends it; nothing is left. */
  stop(): Promise<void>
}

/**
 * Why a test that needs an S3 server cannot run here, or undefined when it can: it is installed by
 * the first run, or `S3_ENDPOINT` names one. With LOGBERT_REQUIRE_SERVICES=1 absence is an error.
 */
export const withoutS3 = async (kind: ServerKind = versitygw): Promise<string | undefined> => {
  if (kind === versitygw && process.env.S3_ENDPOINT !== undefined) return undefined
  try {
    await kind.program()
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message : `${error}`
    const other = kind === versitygw ? ', and S3_ENDPOINT names no other server' : ''
    const reason = `${kind.name} cannot be installed (${why})${other}`
    if (process.env.LOGBERT_REQUIRE_SERVICES === '1') throw new Error(reason)
    return reason
  }
}

/** As `withoutS3`, for tests that stop the server: one that is somebody's own is left alone. */
export const withoutOwnS3 = async (): Promise<string | undefined> =>
  process.env.S3_ENDPOINT === undefined
    ? withoutS3()
    : 'the server at S3_ENDPOINT is not ours to stop'

export const startS3 = async (kind: ServerKind = versitygw): Promise<S3Server> => {
  const given = process.env.S3_ENDPOINT
  if (given !== undefined && kind === versitygw) return serverAt(given)
  const program = await kind.program()
  const folder = await mkdtemp(join(tmpdir(), 'logbert-s3-'))
  const ports = freePorts(8)
  let child: Bun.Subprocess | undefined
  const server = reached(`http://127.0.0.1:${ports[0]}`, KEYS)
  const kill = async (): Promise<void> => {
    child?.kill('SIGKILL')
    await child?.exited
  }
  const start = async (): Promise<void> => {
    const { command, env, cwd } = await kind.start(program, folder, ports)
    child = Bun.spawn(command, {
      env: { ...process.env, ...env },
      ...(cwd !== undefined && { cwd }),
      ...{ stdin: 'ignore', stdout: 'ignore', stderr: Bun.file(join(folder, 'stderr.log')) },
    })
    await ready(server.client, child, () => Bun.file(join(folder, 'stderr.log')).text())
  }
  const stop = async (): Promise<void> => {
    await kill()
    server.client.destroy()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  const stranger = async () => {
    if (kind.addStranger === undefined) return undefined
    const keys = { accessKeyId: 'logbert-stranger', secretAccessKey: 'logbert-stranger-secret' }
    await kind.addStranger(program, server.options.endpoint, keys)
    return keys
  }
  return { ...server, stranger, kill, start, stop }
}

/** Somebody's own server, with the credentials of the environment. */
const serverAt = (endpoint: string): S3Server => {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env
  const refuse = async (): Promise<void> => {
    throw new Error('the server at S3_ENDPOINT is not ours to stop')
  }
  const server = reached(endpoint, {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
  })
  const stop = async (): Promise<void> => server.client.destroy()
  return { ...server, stranger: async () => undefined, kill: refuse, start: refuse, stop }
}

const reached = (endpoint: string, credentials: typeof KEYS) => {
  const region = process.env.AWS_REGION ?? 'us-east-1'
  const options = { endpoint, region, forcePathStyle: true, credentials }
  const client = new S3Client(options)
  return {
    ...{ options, client },
    env: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    async bucket() {
      const name = `logbert-${crypto.randomUUID()}`
      await client.send(new CreateBucketCommand({ Bucket: name }))
      return name
    },
  }
}

/** Servers of several parts answer before they can write. */
const READY_MS = 60_000

const ready = async (
  client: S3Client,
  child: Bun.Subprocess,
  said: () => Promise<string>,
): Promise<void> => {
  const end = performance.now() + READY_MS
  for (;;) {
    try {
      const Bucket = 'logbert-ready'
      await client.send(new CreateBucketCommand({ Bucket })).catch(error => {
        if (!/^BucketAlready/.test(error.name)) throw error
      })
      await client.send(new PutObjectCommand({ Bucket, Key: 'ready', Body: 'x' }))
      return
    } catch (error) {
      if (child.exitCode === null && performance.now() < end) {
        await Bun.sleep(30)
        continue
      }
      throw new Error(`the S3 server did not start: ${error}; ${(await said()).slice(-500)}`)
    }
  }
}

const freePorts = (count: number): number[] => {
  const held = Array.from({ length: count }, () =>
    Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } }),
  )
  const ports = held.map(({ port }) => port)
  for (const each of held) each.stop(true)
  return ports
}
