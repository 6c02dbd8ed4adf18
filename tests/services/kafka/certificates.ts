import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runTool } from '../cache.ts'

/** PEM files. */
export interface Certificates {
  /** The authority that has signed both. */
  ca: string
  /** Key and certificate of a broker, as one file. */
  store: string
  /** Of a client, where brokers want one. */
  cert: string
  key: string
}

/** An authority, and what it signs for brokers at 127.0.0.1 and for a client. */
export const makeCertificates = async (folder: string): Promise<Certificates> => {
  const at = (name: string): string => join(folder, name)
  await mkdir(folder, { recursive: true })
  const key = ['-newkey', 'rsa:2048', '-nodes', '-sha256', '-days', '2']
  const sign = ['-CA', at('ca.pem'), '-CAkey', at('ca.key')]
  const make = (name: string, subject: string, ...more: string[]): Promise<void> =>
    runTool([
      ...['openssl', 'req', '-x509', ...key, '-subj', subject, ...more],
      ...['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)],
    ])
  const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE']
  await make('ca', '/CN=Test authority')
  await make('broker', '/CN=broker', ...sign, ...leaf, '-addext', 'subjectAltName=IP:127.0.0.1')
  await make('client', '/CN=client', ...sign, ...leaf)
  const [secret, own] = await Promise.all(
    ['broker.key', 'broker.pem'].map(name => readFile(at(name), 'utf8')),
  )
  await writeFile(at('store.pem'), `${secret}${own}`)
  return { ca: at('ca.pem'), store: at('store.pem'), cert: at('client.pem'), key: at('client.key') }
}
