import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { createRegistry } from '../../src/core/store/registry.ts'
import { s3Store } from '../../src/s3/s3-store.ts'
import { spawnScript } from '../runtime/spawn.ts'
import { seaweed, versitygw } from '../services/s3/kinds.ts'
import { type S3Server, startS3, withoutOwnS3, withoutS3 } from '../services/s3/server.ts'
import {
  channelsOf,
  codeOf,
  draft,
  interrupted,
  registryContract,
  three,
} from '../store/registry-contract.ts'

for (const kind of [versitygw, seaweed]) {
  const reason = await withoutS3(kind)
  describe.skipIf(reason !== undefined)(`the registry on S3 (${reason ?? kind.name})`, () => {
    let server: S3Server
    let bucket: string
    let stores = 0
    beforeAll(async () => {
      server = await startS3(kind)
      bucket = await server.bucket()
    }, 90_000)
    afterAll(() => server?.stop())
    const at = (prefix: string) => s3Store(`s3://${bucket}/${prefix}`, server.options)
    registryContract(() => at(`models/${stores++}`), 60_000)

    test('processes of Bun and Deno that count in one bucket lose no update', async () => {
      const args = [`s3://${bucket}/count`, JSON.stringify(server.options), '15']
      const runs = (['bun', 'deno', 'bun'] as const).map(runtime =>
        spawnScript(runtime, 'tests/s3/count-main.ts', args),
      )
      for (const { code, errors } of await Promise.all(runs)) expect(code, errors).toBe(0)
      expect(new TextDecoder().decode(await at('count').read('counter'))).toBe('45')
    }, 180_000)

    test('of publishers on several machines one moves latest, and the others are told so', async () => {
      const { registry, a, b, c } = await three(at('race'))
      // Each has a client of its own, as a process has.
      const rivals = Array.from({ length: 4 }, () => createRegistry(at('race')))
      let latest = a
      for (let round = 0; round < 6; round++) {
        const [wanted] = [a, b, c].filter(version => version !== latest)
        const codes = await Promise.all(
          rivals.map(rival => codeOf(rival.promote('app', wanted, latest))),
        )
        expect(codes.sort()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'it did not fail'])
        expect(await channelsOf(registry)).toMatchObject({ latest: wanted, previous: latest })
        latest = wanted!
      }
    }, 120_000)
  })
}

const reason = await withoutOwnS3()

describe.skipIf(reason !== undefined)(`S3 that goes away (${reason ?? 'versitygw'})`, () => {
  let server: S3Server
  let address: string
  beforeAll(async () => {
    server = await startS3()
  }, 30_000)
  afterAll(() => server?.stop())
  beforeEach(async () => {
    address = `s3://${await server.bucket()}/models`
  })
  const open = () => s3Store(address, server.options)

  test('while it is away nothing is promoted, and when it is back latest is what it was', async () => {
    const { registry, a, b } = await three(open())
    await server.kill()
    try {
      expect(await codeOf(registry.promote('app', b))).toBe('AWAY')
      expect(await codeOf(registry.resolve('app', 'latest'))).toBe('AWAY')
    } finally {
      await server.start()
    }
    expect(await channelsOf(registry)).toMatchObject({ latest: a, previous: undefined })
    await registry.promote('app', b)
    expect(await channelsOf(registry)).toMatchObject({ latest: b, previous: a })
  }, 30_000)

  test('when it goes in the middle of a promotion the old version stays, and it can be done again', async () => {
    const { registry, a, b, c } = await three(open())
    await registry.promote('app', b)
    const torn = interrupted(open(), { call: 'swap', path: /latest/ }, () => server.kill())
    try {
      expect(await codeOf(createRegistry(torn).promote('app', c))).toBe('AWAY')
    } finally {
      await server.start()
    }
    expect((await registry.load('app')).manifest.version).toBe(b)
    expect(await channelsOf(registry)).toMatchObject({ latest: b })
    await registry.promote('app', c)
    expect(await channelsOf(registry)).toMatchObject({ latest: c, previous: b })
    expect((await registry.load('app', a)).manifest.version).toBe(a)
  }, 30_000)

  test('half a publish is not to be seen, comes to its end later, or is swept', async () => {
    const { registry, a, b, c } = await three(open())
    for (const path of [/model\.onnx/, /manifest/]) {
      const call = path.source === 'manifest' ? 'swap' : 'write'
      const torn = interrupted(open(), { call, path }, () => server.kill())
      try {
        expect(await codeOf(createRegistry(torn).publish(draft(9)))).toBe('AWAY')
      } finally {
        await server.start()
      }
      const versions = (await registry.list()).map(({ manifest }) => manifest.version)
      expect(versions).toEqual([c, b, a])
    }
    const left = (await open().list('app/')).filter(path => /Z-.*\/(templates|vocab)/.test(path))
    expect(left.length).toBe(8)
    const { version } = await registry.publish(draft(9))
    expect((await registry.load('app', version)).manifest.version).toBe(version)
    const torn = interrupted(open(), { call: 'swap', path: /manifest/ }, async () => {
      throw new Error('the power went')
    })
    await expect(createRegistry(torn).publish(draft(10))).rejects.toThrow('power')
    expect((await registry.sweep(3_600_000)).versions).toEqual([])
    expect((await registry.sweep(-60_000)).versions.length).toBe(1)
    expect((await registry.list()).length).toBe(4)
  }, 60_000)

  test('publishers that are killed at any moment leave whole versions only, and latest among them', async () => {
    const registry = createRegistry(open())
    const told = new Set<string>()
    const main = join(import.meta.dir, 'publish-main.ts')
    const args = [address, JSON.stringify(server.options)]
    for (let round = 0; round < 6; round++) {
      // Every other one writes in parts.
      const publishers = [100_000, 9 << 20].map(bytes =>
        Bun.spawn([process.execPath, main, ...args, `${bytes}`], { stdout: 'pipe' }),
      )
      const streams = publishers.map(({ stdout }) => stdout.tee())
      await Promise.race(streams.map(([begun]) => begun.getReader().read()))
      const outputs = streams.map(([, rest]) => new Response(rest).text())
      const until = performance.now() + 300 * Math.random()
      // A reader who looks all the time finds whole versions, whatever is going on.
      do await registry.load('app')
      while (performance.now() < until)
      for (const publisher of publishers) publisher.kill('SIGKILL')
      const lines = (await Promise.all(outputs)).flatMap(text => text.split('\n').slice(0, -1))
      for (const version of lines) told.add(version)
      await registry.load('app')
    }
    const listed = (await registry.list('app')).map(({ manifest }) => manifest.version)
    for (const version of listed) await registry.load('app', version)
    expect([...told].filter(version => !listed.includes(version))).toEqual([])
    expect(told.size).toBeGreaterThan(6)
    await registry.sweep(-60_000)
    const [, Bucket] = /^s3:\/\/([^/]+)/.exec(address) as unknown as [string, string]
    const uploads = await server.client.send(new ListMultipartUploadsCommand({ Bucket }))
    expect(uploads.Uploads ?? []).toEqual([])
    const objects = await server.client.send(new ListObjectsV2Command({ Bucket }))
    const owners = (objects.Contents ?? []).map(({ Key }) => Key!.split('/')[2] ?? Key)
    const known = [...listed, 'latest', 'previous', 'models/.conditions']
    expect([...new Set(owners)].filter(owner => !known.includes(owner!))).toEqual([])
  }, 120_000)
})
