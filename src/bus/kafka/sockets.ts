import { connect, isIP } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

const KEEP_ALIVE_MS = 60_000

/**
 * As kafkajs makes them by itself. It lets go of a socket that does not connect again and again,
 * and in Bun each time is a listener more, of which the runtime would warn on stderr.
 */
export const createSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const name = isIP(host) ? {} : { servername: host }
  const socket = ssl
    ? connectSecure({ host, port, ...name, ...ssl }, onConnect)
    : connect({ host, port }, onConnect)
  socket.setMaxListeners(0)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return socket
}
