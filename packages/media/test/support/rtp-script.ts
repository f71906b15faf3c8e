import { h264Packing, rtp } from './rtp-packetizer.ts'
import { Collector, fromHex, nalsOf, toHex } from './rtp-receive.ts'
import { formatOf, h264 } from './rtp-streams.ts'

export const [sps = fromHex(''), pps = fromHex('')] = h264.sets
export const idr = fromHex('6588112233')
export const idrRest = fromHex('6540445566')
export const slice = fromHex('419a778899')
export const sliceRest = fromHex('4140aabbcc')
export const bSlice = fromHex('419f010203')
export const sei = fromHex('0605ff010280')
export const delimiter = fromHex('0910')
export const sdp = `packetization-mode=1;profile-level-id=42c01f;sprop-parameter-sets=${[sps, pps]
  .map(nal => Buffer.from(nal).toString('base64'))
  .join(',')}`
export const startCode = fromHex('00000001')

export const join = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
export const { aggregate, fragment } = h264Packing

/** Writes packets by hand; a picture has a number, and lasts 3000 units. */
export class Script {
  readonly packets: Uint8Array[] = []
  readonly #start: number
  #sequenceNumber: number

  constructor(sequenceNumber = 65_530, start = 0) {
    this.#sequenceNumber = sequenceNumber
    this.#start = start
  }

  add(picture: number, payload: Uint8Array, mark: 'mark' | 'no mark' = 'no mark', ssrc = 7): this {
    const timestamp = this.#start + picture * 3000
    const fields = { sequenceNumber: this.#sequenceNumber++, timestamp, ssrc }
    this.packets.push(rtp({ ...fields, isMarker: mark === 'mark' }, payload))
    return this
  }

  /** Packets that never come. */
  lose(count: number): this {
    this.#sequenceNumber += count
    return this
  }
}

export const script = (): Script => new Script()
export const collect = ({ packets }: Script, fmtp = sdp): Collector =>
  new Collector(formatOf(h264, fmtp)).push(...packets)
export const picturesOf = (made: Script, fmtp = sdp) =>
  collect(made, fmtp).end().samples.map(nalsOf)
export const hexes = (...nals: readonly Uint8Array[]) => nals.map(toHex)
