import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** Two neighbouring ports, as RTP has them: an even one, and the next for RTCP. @see RFC 3550 §11 */
export interface UdpPair {
  readonly rtpPort: number
  readonly rtcpPort: number
  /** Sends RTP or RTCP; what does not arrive is not missed. */
  send(bytes: Uint8Array, isRtcp: boolean, port: number): void
  close(): void
}

/** Takes a packet. The bytes belong to whoever gets them. */
export type DatagramHandler = (bytes: Uint8Array, isRtcp: boolean) => void

/** A picture of 8 Mbit/s comes in a burst of some 100 KB; several may come while others are worked on. */
const RECEIVE_BUFFER_LENGTH = 4 * 2 ** 20
const ATTEMPTS = 64

/**
 * Binds two ports of one of our addresses. Packets of others than the camera are dropped.
 * @param local - Our address, as the camera sees it.
 * @param remote - The camera's.
 * @throws Error of the system when there are no ports.
 */
export async function bindUdpPair(
  local: string,
  remote: string,
  onPacket: DatagramHandler,
): Promise<UdpPair> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const rtp = await bound(local, 0)
    const { port } = rtp.address()
    // The next one may be somebody else's.
    const rtcp = port % 2 === 0 ? await bound(local, port + 1).catch(() => undefined) : undefined
    if (rtcp !== undefined) return pair(rtp, rtcp, remote, onPacket)
    rtp.close()
  }
  throw new Error('no two neighbouring UDP ports are free')
}

async function bound(address: string, port: number): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.bind({ address, port, exclusive: true })
    await once(socket, 'listening')
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

function pair(rtp: Socket, rtcp: Socket, remote: string, onPacket: DatagramHandler): UdpPair {
  const from = plain(remote)
  for (const socket of [rtp, rtcp]) {
    enlarge(socket)
    const isRtcp = socket === rtcp
    socket.on('message', (bytes, sender) => {
      if (plain(sender.address) !== from) return
      onPacket(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), isRtcp)
    })
    // An answer of ICMP to what we sent: the camera may still send.
    socket.on('error', () => undefined)
  }
  return {
    rtpPort: rtp.address().port,
    rtcpPort: rtcp.address().port,
    send: (bytes, isRtcp, port) => {
      const socket = isRtcp ? rtcp : rtp
      socket.send(bytes, port, from, () => undefined)
    },
    close: () => {
      rtp.close()
      rtcp.close()
    },
  }
}

function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_LENGTH)
  } catch {
    // Systems that refuse so much, instead of giving what they can, leave it as it was.
  }
}

/** @returns An address without the prefix of IPv4 in IPv6. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
