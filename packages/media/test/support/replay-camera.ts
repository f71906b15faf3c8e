import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

import { readMovie } from '@hksv/fmp4'
import { lengthPrefixedNalUnits } from '@hksv/media'

import { h264Packing, Packetizer } from './rtp-packetizer.ts'
import { type Asked, frame, honest, type Reply, writeReply } from './rtsp-camera.ts'
import { HostileCamera } from './rtsp-hostile.ts'

/** A picture with its parameter sets, if it is a key frame. */
export interface ReplayPicture {
  readonly nals: readonly Uint8Array[]
  /** Units of 1/90000 s since the picture before. */
  readonly step: number
  readonly isKey: boolean
}

/** @returns The H.264 pictures of an MP4 file without B frames. */
export function picturesOf(path: string): ReplayPicture[] {
  const bytes = readFileSync(path)
  const track = readMovie(bytes).tracks.find(({ kind }) => kind === 'video')
  if (track?.avc === undefined) throw new Error('no H.264')
  const { samples: table, timescale, avc } = track
  return Array.from({ length: table.count }, (_, i) => {
    const start = table.offsets[i] ?? 0
    const slices = [
      ...lengthPrefixedNalUnits(bytes.subarray(start, start + (table.sizes[i] ?? 0)), 4),
    ]
    const isKey = slices.some(([header = 0]) => (header & 31) === 5)
    const next =
      table.decodeTimes[i + 1] ?? (table.decodeTimes[1] ?? 0) + (table.decodeTimes[i] ?? 0)
    const step = Math.round(((next - (table.decodeTimes[i] ?? 0)) * 90_000) / timescale)
    return { nals: isKey ? [...avc.sps, ...avc.pps, ...slices] : slices, step, isKey }
  })
}

/** What a {@link ReplayCamera} does wrong. */
export interface ReplayFaults {
  /** Makes of each packet what is sent of it; `index` counts since PLAY. */
  readonly alter?: (packet: Uint8Array, index: number) => readonly Uint8Array[]
  /** What is different about an answer. */
  readonly reply?: (asked: Asked) => Reply
  /** Nothing is sent over this. */
  readonly mute?: 'tcp' | 'udp'
  /** The connection is cut, or goodbye is said, after so many pictures of each PLAY. */
  readonly end?: { readonly after: number; readonly how: 'cut' | 'bye' }
  /** Which picture is sent as the n-th of a PLAY. */
  readonly pictures?: (index: number) => ReplayPicture
  /** Makes of the timestamp of the n-th picture what is sent of it. */
  readonly timestamp?: (timestamp: number, index: number) => number
}

const sdp = [
  'v=0',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1',
  'a=control:track1',
].join('\r\n')

/** Bytes of a NAL unit in a packet. */
const PART = 1200

/** RTCP BYE of the packetizer's source. */
const goodbye = Uint8Array.of(0x81, 203, 0, 1, 0, 0, 0x12, 0x34)

/** A camera of our own that sends pictures over and over, as fast as they are taken. It sends no RTCP. */
export class ReplayCamera implements AsyncDisposable {
  /** Transports that were asked for, one letter for each SETUP. */
  readonly transports: ('tcp' | 'udp')[] = []
  plays = 0
  readonly #server: HostileCamera
  readonly #udp: UdpSocket
  readonly #ports = new WeakMap<Socket, number>()

  private constructor(server: HostileCamera, udp: UdpSocket) {
    this.#server = server
    this.#udp = udp
  }

  static async open(
    pictures: readonly ReplayPicture[],
    faults: ReplayFaults = {},
  ): Promise<ReplayCamera> {
    const udp = createSocket('udp4')
    await new Promise<void>(resolve => udp.bind(0, '127.0.0.1', resolve))
    let serve: (socket: Socket, asked: Asked) => void = () => undefined
    const server = await HostileCamera.open((socket, asked) => {
      if (asked !== undefined) serve(socket, asked)
    })
    const camera = new ReplayCamera(server, udp)
    serve = (socket, asked) => camera.#serve(socket, asked, pictures, faults)
    return camera
  }

  get url(): string {
    return this.#server.url
  }

  get methods(): string[] {
    return this.#server.methods
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
    this.#udp.close()
  }

  #serve(
    socket: Socket,
    asked: Asked,
    pictures: readonly ReplayPicture[],
    faults: ReplayFaults,
  ): void {
    const { method, headers } = asked
    const port = /client_port=(\d+)/.exec(headers.get('Transport') ?? '')?.[1]
    if (method === 'SETUP') this.transports.push(port === undefined ? 'tcp' : 'udp')
    if (port !== undefined) this.#ports.set(socket, Number(port))
    const own =
      method === 'DESCRIBE' ? { headers: ['Content-Base: rtsp://c/'], body: sdp } : honest(asked)
    const reply = { ...own, ...faults.reply?.(asked) }
    socket.write(writeReply(headers.get('CSeq'), reply))
    if (method === 'PLAY' && reply.status === undefined) void this.#play(socket, pictures, faults)
  }

  async #play(
    socket: Socket,
    pictures: readonly ReplayPicture[],
    faults: ReplayFaults,
  ): Promise<void> {
    const { alter = packet => [packet], end, mute } = faults
    const seed = ++this.plays
    const port = this.#ports.get(socket)
    if (mute === (port === undefined ? 'tcp' : 'udp')) return
    let isLarge = false
    // NAL units alone in packets, large ones in parts, and nothing optional in the header.
    const pick = (count: number) => (isLarge ? (count === 3 ? 2 : count === 4 ? 0 : PART - 1) : 1)
    const packetizer = new Packetizer(h264Packing, seed * 1000, pick)
    let timestamp = seed * 0x1000_0000
    let sent = 0
    for (let i = 0; !socket.destroyed && i !== end?.after; i++) {
      const picture = faults.pictures?.(i) ?? pictures[i % pictures.length]
      if (picture === undefined) return
      isLarge = picture.nals.some(nal => nal.length > 2 * PART)
      packetizer.picture(picture.nals, faults.timestamp?.(timestamp >>> 0, i) ?? timestamp)
      timestamp += picture.step
      const packets = packetizer.packets.splice(0).flatMap(packet => alter(packet, sent++))
      await this.#send(socket, port, packets)
      await new Promise(resolve => setImmediate(resolve))
    }
    if (end?.how === 'cut') socket.destroy()
    else socket.write(frame(1, goodbye))
  }

  async #send(
    socket: Socket,
    port: number | undefined,
    packets: readonly Uint8Array[],
  ): Promise<void> {
    if (port !== undefined) {
      for (const packet of packets) this.#udp.send(packet, port, '127.0.0.1')
      return
    }
    const isTaken = socket.write(Buffer.concat(packets.map(packet => frame(0, packet))))
    if (!isTaken) await Promise.race([event(socket, 'drain'), event(socket, 'close')])
  }
}

function event(socket: Socket, name: string): Promise<void> {
  return new Promise(resolve => socket.once(name, () => resolve()))
}
