import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { MediaError } from '../errors.ts'
import type { RtspAddress } from './address.ts'

/** How a camera over TLS proves who it is. */
export interface RtspTlsOptions {
  /** Certificates in PEM that are trusted instead of those of the system: the camera's own, most often. */
  readonly ca?: string
  /** `false` takes any certificate: then whoever stands between sees the password and the pictures. */
  readonly isVerified?: boolean
}

/**
 * Opens a connection. Nobody waits longer than until `signal` aborts.
 * @throws MediaError MEDIA_RTSP_UNREACHABLE, MEDIA_RTSP_CERTIFICATE
 */
export async function openSocket(
  address: RtspAddress,
  tls: RtspTlsOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port } = address
  const socket = address.isSecure
    ? connectTls({
        host,
        port,
        ...(isIP(host) === 0 ? { servername: host } : {}),
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        rejectUnauthorized: tls.isVerified ?? true,
      })
    : connectTcp({ host, port })
  try {
    await once(socket, address.isSecure ? 'secureConnect' : 'connect', { signal })
    socket.setNoDelay()
    return socket
  } catch (cause) {
    socket.destroy()
    throw failed(address, cause)
  }
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
