import { connect, type Socket } from 'node:net'

import { HubError } from './errors.ts'

const CONNECT_MS = 10_000
const KEEP_ALIVE_MS = 30_000

/** Where an accessory listens. */
export interface Address {
  /** A name or an address of IPv4 or IPv6. */
  readonly host: string
  readonly port: number
}

/**
 * Opens a TCP connection within ten seconds, without delay for small writes and with keep-alive.
 *
 * @throws HubError `HUB_UNREACHABLE`; the reason of `signal` when it aborts.
 */
export function openSocket(address: Address, signal?: AbortSignal): Promise<Socket> {
  const { host, port } = address
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    })
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
      socket.off('error', failed)
    }
    const fail = (error: unknown) => {
      settle()
      // Nobody listens to it any more.
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error)
    }
    const failed = (cause: NodeJS.ErrnoException) =>
      fail(unreachable(address, cause.code ?? cause.message, cause))
    const aborted = () => fail(signal?.reason)
    const timer = setTimeout(() => fail(unreachable(address, 'no answer in 10 s')), CONNECT_MS)
    signal?.addEventListener('abort', aborted)
    socket.once('error', failed)
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
  })
}

function unreachable({ host, port }: Address, why: string, cause?: unknown): HubError {
  return new HubError('HUB_UNREACHABLE', {
    message: `Nothing answers at ${host}, port ${port} (${why}). Check that the camera runs, and its address.`,
    cause,
  })
}
