import { rtpFormat } from '@hksv/media/rtp'
import { describe, expect, test } from 'vitest'
import { toHex } from './support/rtp-receive.ts'

const of = (rtpmap: string, fmtp = '') => rtpFormat({ payloadType: 96, rtpmap, fmtp })
const setsOf = (rtpmap: string, fmtp: string) => {
  const format = of(rtpmap, fmtp)
  return format?.kind === 'video' ? format.parameterSets.map(toHex) : undefined
}

describe('what an SDP says of video', () => {
  test('H.264 with its parameter sets', () => {
    const fmtp =
      'packetization-mode=1;profile-level-id=42c01f;sprop-parameter-sets=Z0LACtoINsBE,aM4DnIA='
    expect(of('H264/90000', fmtp)).toMatchObject({
      ...{ kind: 'video', codec: 'h264', payloadType: 96, clockRate: 90_000 },
    })
    expect(setsOf('H264/90000', fmtp)).toEqual(['6742c00ada0836c044', '68ce039c80'])
  })

  test.each([
    ['blanks between them', 'sprop-parameter-sets=Z0LACtoINsBE, aM4DnIA='],
    ['blanks everywhere, other case', ' Sprop-Parameter-Sets = Z0LACtoINsBE ,aM4DnIA= ; x'],
    ['commas too many', 'sprop-parameter-sets=,Z0LACtoINsBE,,aM4DnIA=,'],
  ])('%s', (_name, fmtp) => {
    expect(setsOf('h264/90000', fmtp)).toEqual(['6742c00ada0836c044', '68ce039c80'])
  })

  test('none', () => expect(setsOf('H264/90000', '')).toEqual([]))

  test('H.265', () => {
    const fmtp = 'sprop-vps=QAEMAf//; sprop-sps=QgEBAWA=; sprop-pps=RAHBc9GJ'
    expect(setsOf('H265/90000', fmtp)).toEqual(['40010c01ffff', '4201010160', '4401c173d189'])
    expect(of('HEVC/90000', 'sprop-max-don-diff=0')).toMatchObject({ codec: 'h265' })
  })
})

test.each([
  ['nothing', '', ''],
  ['another codec', 'JPEG/90000', ''],
  ['no rate', 'H264', ''],
  ['a rate of 0', 'H264/0', ''],
  ['a rate that is none', 'H264/fast', ''],
  ['interleaved H.264', 'H264/90000', 'packetization-mode=2'],
  ['H.265 with DONL fields', 'H265/90000', 'sprop-max-don-diff=1'],
  ['CELP', 'MPEG4-GENERIC/8000', 'mode=CELP-cbr;config=1588'],
  ['a configuration that is none', 'MPEG4-GENERIC/8000', 'config=ff'],
  ['no configuration, and a rate that AAC has not', 'MPEG4-GENERIC/8001', 'sizelength=13'],
  ['sizes of more bits than a frame needs', 'MPEG4-GENERIC/8000', 'sizelength=32;config=1588'],
  ['fields between the sizes', 'MPEG4-GENERIC/8000', 'CTSDeltaLength=8;config=1588'],
  ['LATM in band', 'MP4A-LATM/16000', 'cpresent=1;config=400028103fc0'],
  ['LATM without configuration', 'MP4A-LATM/16000', 'cpresent=0'],
  ['LATM cut short', 'MP4A-LATM/16000', 'config=4000'],
  ['LATM of another version', 'MP4A-LATM/16000', 'config=c00028103fc0'],
  ['LATM of two programs', 'MP4A-LATM/16000', 'config=401028103fc0'],
  ['LATM of frames of fixed length', 'MP4A-LATM/16000', 'config=400028113fc0'],
  ['LATM of HE-AAC', 'MP4A-LATM/16000', 'config=40005818a01fe0'],
  ['too many channels', 'opus/48000/99', ''],
])('refused: %s', (_name, rtpmap, fmtp) => {
  expect(of(rtpmap, fmtp)).toBeUndefined()
})
