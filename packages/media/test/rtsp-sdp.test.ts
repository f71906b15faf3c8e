import { parseSdp } from '@hksv/media/rtsp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { honest, Played, sdpLines } from './support/rtsp-camera.ts'

/** @returns The codecs of what is set up for a description, or the code of the refusal. */
function chosen(lines: readonly string[], end = '\r\n'): readonly string[] | string | undefined {
  const body = lines.join(end)
  const played = new Played(asked => (asked.method === 'DESCRIBE' ? { body } : honest(asked)))
  return played.code ?? played.of('ready')[0]?.tracks.map(({ format }) => format.codec)
}

const h264 = ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:v']
const aac = sdpLines.slice(8)
const both = ['h264', 'aac']

describe('picks', () => {
  test.each<[string, readonly string[], unknown]>([
    ['what a camera has', sdpLines, both],
    [
      'several names and a bad connection',
      ['v=0', 's=a', 's=b', 'c=IN IP4', 'b=AS:x', ...sdpLines.slice(1)],
      both,
    ],
    ['lines that are none', [...h264, 'nonsense', '', 'a', 'a=', 'a=:', '=x', ...aac], both],
    ['blanks at the ends of lines', sdpLines.map(line => ` ${line}  `), both],
    ['H.265', ['m=video 0 RTP/AVP 97', 'a=rtpmap:97 H265/90000', ...aac.slice(0, 0)], ['h265']],
    ['names in other letters', ['m=VIDEO 0 RTP/AVP 96', 'A=x', 'a=RTPMAP:96 h264/90000'], ['h264']],
    [
      'the first of two videos',
      [...h264, 'm=video 0 RTP/AVP 98', 'a=rtpmap:98 H265/90000'],
      ['h264'],
    ],
    ['a video behind one that is not understood', ['m=video 0 RTP/AVP 26', ...h264], ['h264']],
    [
      'the second format of a video',
      ['m=video 0 RTP/AVP 26 96', 'a=rtpmap:96 H264/90000'],
      ['h264'],
    ],
    ['PCMU without rtpmap', [...h264, 'm=audio 0 RTP/AVP 0'], ['h264', 'pcmu']],
    ['PCMA without rtpmap', [...h264, 'm=audio 0 RTP/AVP 8'], ['h264', 'pcma']],
    ['Opus', [...h264, 'm=audio 0 RTP/AVP 111', 'a=rtpmap:111 opus/48000/2'], ['h264', 'opus']],
    [
      'LATM',
      [
        ...h264,
        'm=audio 0 RTP/AVP 98',
        'a=rtpmap:98 MP4A-LATM/44100',
        'a=fmtp:98 cpresent=0;config=400024203fc0',
      ],
      both,
    ],
    ['no audio that is not understood', [...h264, 'm=audio 0 RTP/AVP 9'], ['h264']],
    ['audio first', [...aac, ...h264], both],
    [
      'not what the camera wants to hear',
      [...h264, 'm=audio 0 RTP/AVP 0', 'a=sendonly', ...aac],
      both,
    ],
    ['not what is switched off', [...h264, 'm=audio 0 RTP/AVP 0', 'a=inactive', ...aac], both],
    ['a video that is "sent only"', [...h264, 'a=sendonly'], ['h264']],
    [
      'not metadata',
      ['m=application 0 RTP/AVP 107', 'a=rtpmap:107 vnd.onvif.metadata/90000', ...h264],
      ['h264'],
    ],
    ['no video: JPEG', ['m=video 0 RTP/AVP 26', ...aac], 'MEDIA_RTSP_NO_VIDEO'],
    [
      'no video: H.263',
      ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H263-1998/90000'],
      'MEDIA_RTSP_NO_VIDEO',
    ],
    ['no video at all', aac, 'MEDIA_RTSP_NO_VIDEO'],
    ['nothing', [''], 'MEDIA_RTSP_NO_VIDEO'],
  ])('%s', (_, lines, expected) => {
    expect(chosen(lines)).toEqual(expected)
    expect(chosen(lines, '\n')).toEqual(expected)
  })

  test('no audio when none is wanted', () => {
    expect(new Played(honest, { hasAudio: false }).of('ready')[0]?.tracks).toHaveLength(1)
  })

  test('says what the video is that is refused', () => {
    const body = ['m=video 0 RTP/AVP 26 96', 'a=rtpmap:96 VP8/90000'].join('\r\n')
    const played = new Played(asked => (asked.method === 'DESCRIBE' ? { body } : honest(asked)))
    expect(played.of('failed')[0]?.error.message).toMatch(/\(JPEG, VP8\); choose H\.264/)
  })
})

test('an fmtp under another media is found', () => {
  const [fmtp = ''] = sdpLines.filter(line => line.startsWith('a=fmtp:96'))
  const lines = [...sdpLines.filter(line => line !== fmtp), fmtp]
  const { media } = parseSdp(lines.join('\n'))
  expect(media[0]?.fmtps.get(96)).toBe(fmtp.slice('a=fmtp:96 '.length))
  expect(media[1]?.fmtps.has(96)).toBe(false)
})

test('a payload type that both media have is not mixed up', () => {
  const { media } = parseSdp(
    'm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\nm=audio 0 RTP/AVP 96\na=rtpmap:96 opus/48000/2',
  )
  expect(media.map(({ rtpmaps }) => rtpmaps.get(96))).toEqual(['H264/90000', 'opus/48000/2'])
})

test('an fmtp is split at its first blank alone', () => {
  const { media } = parseSdp(
    'm=video 0 RTP/AVP 96\na=fmtp:96  a=1; sprop-parameter-sets=Zw==, aA==',
  )
  expect(media[0]?.fmtps.get(96)).toBe('a=1; sprop-parameter-sets=Zw==, aA==')
})

test('the session stands for media that say nothing', () => {
  const { control, media } = parseSdp(
    'a=control:all\na=recvonly\nm=video 0 RTP/AVP 96\nm=audio 0 RTP/AVP 0\na=sendonly',
  )
  expect([control, media.map(({ direction }) => direction)]).toEqual([
    'all',
    ['recvonly', 'sendonly'],
  ])
})

test('long runs of blanks take no time to speak of', () => {
  const blanks = ' '.repeat(250_000)
  for (const line of [
    `a=${blanks}x`,
    `a=b${blanks}\u2028`,
    `a=rtpmap:96${blanks}\u2028`,
    `${blanks}x`,
  ])
    expect(parseSdp(`m=video 0 RTP/AVP 96\n${line}${blanks}x`).media).toHaveLength(1)
})

test('any text is read, within bounds', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(...sdpLines, 'm=video', 'a=rtpmap:', 'a=fmtp:96', 'm=audio 0 RTP/AVP 300 x 97'),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), lines => {
      const { media } = parseSdp(lines.join('\n'))
      expect(media.length).toBeLessThanOrEqual(32)
      for (const { payloadTypes } of media)
        expect(payloadTypes.every(type => type < 128)).toBe(true)
    }),
  )
  expect(parseSdp('m=video 0 RTP/AVP 96\n'.repeat(1000)).media).toHaveLength(32)
})
