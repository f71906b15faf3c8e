import { createSocket, type Socket } from 'node:dgram'
import {
  type SelectedAudioStream,
  type SelectedRtpStreamConfiguration,
  type SetupEndpointsResponse,
  type StreamSealing,
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
  setupEndpointsResponse,
} from '@hksv/hap'
import { SrtpReceiver, SrtpSender } from '@hksv/media/live'
import { isRtcp } from '@hksv/media/rtp'
import { onTestFinished } from 'vitest'

import { Mailbox } from '../client.ts'

const sealing: StreamSealing = {
  cryptoSuite: 0,
  masterKey: Uint8Array.from({ length: 16 }, (_, i) => i),
  masterSalt: Uint8Array.from({ length: 14 }, (_, i) => i + 50),
}

/** A phone: where it receives, and what it writes. */
export class LiveViewer {
  /** What came for its video, as it came. */
  readonly datagrams: Mailbox<Buffer> = new Mailbox()
  readonly sessionId: Uint8Array = crypto.getRandomValues(new Uint8Array(16))
  readonly #socket: Socket
  readonly #address: string

  private constructor(socket: Socket, address: string) {
    this.#socket = socket
    this.#address = address
    socket.on('message', bytes => this.datagrams.push(bytes))
  }

  static async open(address = '127.0.0.1'): Promise<LiveViewer> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    await new Promise<void>(bound => socket.bind({ port: 0, address }, bound))
    onTestFinished(() => new Promise<void>(closed => socket.close(() => closed())))
    return new LiveViewer(socket, address)
  }

  /** What it writes to 118. */
  setup(more: Partial<StreamSealing> = {}): string {
    const { port } = this.#socket.address()
    const version = this.#address.includes(':') ? 1 : 0
    return base64(
      setupEndpointsRequest.encode({
        sessionId: this.sessionId,
        controllerAddress: {
          version,
          address: this.#address,
          videoPort: port,
          audioPort: port,
        },
        videoSealing: { ...sealing, ...more },
        audioSealing: sealing,
      }),
    )
  }

  /** What it writes to 117. */
  select(command: number, more: Omit<SelectedRtpStreamConfiguration, 'control'> = {}): string {
    const control = { sessionId: this.sessionId, command }
    return base64(selectedRtpStreamConfiguration.encode({ control, ...more }))
  }

  /** Starts with pictures, and with sound when it is given. */
  start(audio?: SelectedAudioStream): string {
    return this.select(1, {
      video: {
        codec: 0,
        parameters: { profile: 1, level: 2, packetizationMode: 0 },
        attributes: { width: 1280, height: 720, frameRate: 30 },
        rtp: { payloadType: 99, ssrc: 7, maxBitRateKbps: 299, minRtcpIntervalSeconds: 0.5 },
      },
      ...(audio !== undefined && { audio }),
    })
  }

  /** Whether no picture comes for so long; reports may. */
  async isQuiet(ms: number): Promise<boolean> {
    let pictures = 0
    const count = (bytes: Buffer) => void (!isRtcp(bytes) && pictures++)
    this.#socket.on('message', count)
    await new Promise(resolve => setTimeout(resolve, ms))
    this.#socket.off('message', count)
    return pictures === 0
  }

  /** Sends RTCP, sealed as it announced. */
  report(rtcp: Uint8Array, { accessoryAddress }: SetupEndpointsResponse): void {
    const { masterKey: key, masterSalt: salt } = sealing
    const sender = new SrtpSender({ suite: 'AES_CM_128_HMAC_SHA1_80', key, salt })
    const buffer = Buffer.alloc(rtcp.length + sender.overhead + 4)
    buffer.set(rtcp)
    const sealed = buffer.subarray(0, sender.protectRtcp(buffer, rtcp.length))
    this.#socket.send(sealed, accessoryAddress?.videoPort ?? 0, this.#address)
  }

  /** The next RTP packets' NAL units, put together again: so many as were asked for. */
  async nalUnits(count: number, answer: SetupEndpointsResponse): Promise<Buffer[]> {
    const { masterKey: key, masterSalt: salt } = answer.videoSealing ?? sealing
    const receiver = new SrtpReceiver({ suite: 'AES_CM_128_HMAC_SHA1_80', key, salt })
    const units: Buffer[] = []
    const parts: Buffer[] = []
    while (units.length < count) {
      const bytes = await this.datagrams.next()
      if (isRtcp(bytes)) continue
      const plain = receiver.unprotectRtp(bytes)
      if (typeof plain === 'string') throw new Error(`a packet is refused: ${plain}`)
      const packet = Buffer.from(plain)
      if ((packet.readUInt8(1) & 0x7f) !== 99 || packet.readUInt32BE(8) !== answer.videoSsrc) {
        throw new Error('a packet of another stream')
      }
      units.push(...unitsOf(packet.subarray(12), parts))
    }
    return units.slice(0, count)
  }
}

/** The NAL units that end in a payload; what began before is in `parts`. */
function unitsOf(payload: Buffer, parts: Buffer[]): Buffer[] {
  const type = payload.readUInt8(0) & 0x1f
  if (type === 24) return aggregated(payload)
  if (type !== 28) return [payload]
  const [indicator, flags] = [payload.readUInt8(0), payload.readUInt8(1)]
  if ((flags & 0x80) !== 0) {
    parts.splice(0, parts.length, Buffer.of((indicator & 0xe0) | (flags & 0x1f)))
  }
  parts.push(payload.subarray(2))
  return (flags & 0x40) === 0 ? [] : [Buffer.concat(parts)]
}

function aggregated(payload: Buffer): Buffer[] {
  const units: Buffer[] = []
  for (let at = 1; at < payload.length; ) {
    const length = payload.readUInt16BE(at)
    units.push(payload.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return units
}

/** What 118 reads. */
export function parseAnswer(value: string): SetupEndpointsResponse {
  return setupEndpointsResponse.decode(Uint8Array.from(Buffer.from(value, 'base64')))
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
