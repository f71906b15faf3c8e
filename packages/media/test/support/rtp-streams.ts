import { type RtpFormat, rtpFormat } from '@hksv/media/rtp'
import { h264Packing, h265Packing, type Pick, type VideoPacking } from './rtp-packetizer.ts'
import { fromHex } from './rtp-receive.ts'

/** What tests have to know of a codec to make pictures up. */
export interface Codec {
  readonly codec: 'h264' | 'h265'
  readonly rtpmap: string
  readonly packing: VideoPacking
  readonly sets: readonly Uint8Array[]
  readonly delimiter: Uint8Array
  readonly sei: (body: Uint8Array) => Uint8Array
  /** A slice; `isFirst` of its picture. */
  readonly slice: (kind: 'key' | 'other', isFirst: boolean, body: Uint8Array) => Uint8Array
}

const unit = (header: readonly number[], body: Uint8Array) => Uint8Array.of(...header, ...body)

/** 1920x1080 without B frames, from a camera. */
export const h264: Codec = {
  codec: 'h264',
  rtpmap: 'H264/90000',
  packing: h264Packing,
  sets: [
    fromHex(
      '674d00299a6403c0113f2e02dc04040500000303e80000bb80e860030b0000c2b4bbcb8d0c006160001856977970a0',
    ),
    fromHex('68ee3c80'),
  ],
  delimiter: fromHex('0910'),
  sei: body => unit([6], body),
  slice: (kind, isFirst, body) => unit([kind === 'key' ? 0x65 : 0x41, isFirst ? 0x88 : 0x40], body),
}

/** 160x120, from x265. */
export const h265: Codec = {
  codec: 'h265',
  rtpmap: 'H265/90000',
  packing: h265Packing,
  sets: [
    fromHex('40010c01ffff01600000030090000003000003001eba024000'),
    fromHex('42010101600000030090000003000003003ca00a080c1f3e5ba4a4c2f0168080000003008000000784'),
    fromHex('4401c172b46240'),
  ],
  delimiter: fromHex('460110'),
  sei: body => unit([39 << 1, 1], body),
  slice: (kind, isFirst, body) =>
    unit([(kind === 'key' ? 19 : 1) << 1, 1, isFirst ? 0x88 : 0x40], body),
}

export const formatOf = ({ rtpmap }: Codec, fmtp = ''): RtpFormat | undefined =>
  rtpFormat({ payloadType: 96, rtpmap, fmtp })

export interface ModelPicture {
  readonly isKey: boolean
  /** All NAL units, with those that go. */
  readonly nals: readonly Uint8Array[]
  /** What a sample has of them, in hex. */
  readonly kept: readonly string[]
}

/** @returns Bytes that look like those of a NAL unit: no start codes, no zero at the end. */
export function body(pick: Pick, maxLength: number): Uint8Array {
  return Uint8Array.from({ length: 1 + pick(maxLength) }, () => 1 + pick(255))
}

/** Makes a picture up: parameter sets in front of key frames, SEI, several slices, filler. */
export function picture(codec: Codec, isKey: boolean, pick: Pick): ModelPicture {
  const kind = isKey ? 'key' : 'other'
  const sei = pick(2) === 1 ? [codec.sei(body(pick, 20))] : []
  const count = 1 + pick(4)
  const slices = Array.from({ length: count }, (_, i) =>
    codec.slice(kind, i === 0, body(pick, 300)),
  )
  const head = pick(2) === 1 ? [codec.delimiter] : []
  const sets = isKey ? codec.sets : []
  const kept = [...sei, ...slices].map(nal => Buffer.from(nal).toString('hex'))
  return { isKey, nals: [...head, ...sets, ...sei, ...slices], kept }
}
