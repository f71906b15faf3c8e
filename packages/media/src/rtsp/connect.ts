import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { MediaError } from '../errors.ts'
import type { RtspAddress } from './address.ts'

const READ_LENGTH = 64 * 1024

/** How a camera over TLS proves who it is. */
export interface RtspTlsOptions {
  /** Certificates in PEM that are trusted instead of those of the system: the camera's own, most often. */
  readonly ca?: string
  /** `false` takes any certificate: then whoever stands between sees the password and the pictures. */
  readonly isVerified?: boolean
}

/**
 * Opens a connection. Nobody waits longer than until `signal` aborts.
 * @param onBytes - Takes what comes, a view that is valid for the call; from the connection on.
 * @throws MediaError MEDIA_RTSP_UNREACHABLE, MEDIA_RTSP_CERTIFICATE
 */
export async function openSocket(
  address: RtspAddress,
  { tls, onBytes }: { readonly tls: RtspTlsOptions; readonly onBytes: (bytes: Uint8Array) => void },
  signal: AbortSignal,
): Promise<Socket> {
  const socket = address.isSecure ? overTls(address, tls, onBytes) : overTcp(address, onBytes)
  try {
    await once(socket, address.isSecure ? 'secureConnect' : 'connect', { signal })
    socket.setNoDelay()
    return socket
  } catch (cause) {
    socket.destroy()
    throw failed(address, cause)
  }
}

function overTcp({ host, port }: RtspAddress, onBytes: (bytes: Uint8Array) => void): Socket {
  // Used again for each read: memory of its own for what is a hundred bytes most often is a third of what
  // receiving costs.
  const buffer = new Uint8Array(READ_LENGTH)
  const callback = (length: number) => {
    onBytes(new Uint8Array(buffer.buffer, 0, length))
    return true
  }
  return connectTcp({ host, port, onread: { buffer, callback } })
}

function overTls(
  { host, port }: RtspAddress,
  { ca, isVerified = true }: RtspTlsOptions,
  onBytes: (bytes: Uint8Array) => void,
): Socket {
  const socket = connectTls({
    host,
    port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    rejectUnauthorized: isVerified,
  })
  return socket.on('data', ({ buffer, byteOffset, length }) =>
    onBytes(new Uint8Array(buffer, byteOffset, length)),
  )
}

function failed({ url, isSecure }: RtspAddress, cause: unknown): MediaError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no connection'
  const isCertificate = isSecure && /CERT|SELF_SIGNED|ALTNAME|ISSUER|SIGNATURE|UNABLE_TO/.test(code)
  return new MediaError(isCertificate ? 'MEDIA_RTSP_CERTIFICATE' : 'MEDIA_RTSP_UNREACHABLE', {
    source: url,
    detail: code,
    cause,
  })
}
