import { isMediaError } from '@hksv/media'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import {
  type Asked,
  ascii,
  frame,
  honest,
  Played,
  type Reply,
  sdpLines,
} from './support/rtsp-camera.ts'

const values = [
  '',
  ';',
  '0',
  '-1',
  '99999999999',
  '1234;timeout=1',
  'rtsp://',
  'rtsp://other/x',
  'rtsp://[::',
  '*',
  '\0',
  'Digest realm="a", nonce="b"',
  'Digest nonce=',
  'Basic',
  'RTP/AVP/TCP;interleaved=255-256',
  'RTP/AVP;server_port=0-0',
  'url=;seq=;rtptime=',
  'interleaved=0-0',
  'text/plain',
]
const names = [
  'Session',
  'Transport',
  'Content-Base',
  'Content-Location',
  'Location',
  'WWW-Authenticate',
  'RTP-Info',
  'Public',
  'Require',
]
const reply: fc.Arbitrary<Reply | 'honest'> = fc.oneof(
  fc.constant('honest' as const),
  fc.record({
    status: fc.constantFrom(100, 200, 200, 200, 301, 302, 400, 401, 404, 405, 454, 461, 501, 999),
    headers: fc.array(
      fc
        .tuple(fc.constantFrom(...names), fc.oneof(fc.constantFrom(...values), fc.string()))
        .map(pair => pair.join(': ')),
      { maxLength: 4 },
    ),
    body: fc.oneof(fc.constant(sdpLines.join('\n')), fc.string()),
  }),
)
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc
    .tuple(fc.nat(4), fc.uint8Array({ maxLength: 20 }))
    .map(([channel, bytes]) => frame(channel, bytes)),
  fc
    .constantFrom(
      'TEARDOWN * RTSP/1.0\r\n\r\n',
      'OPTIONS * RTSP/1.0\r\n\r\n',
      'RTSP/1.0 200 OK\r\n\r\n',
    )
    .map(ascii),
)

test('whatever a camera says, a session goes on or fails with an error of its own', () => {
  fc.assert(
    fc.property(
      fc.array(reply, { maxLength: 10 }),
      fc.array(noise, { maxLength: 6 }),
      fc.constantFrom('tcp' as const, 'udp' as const),
      (replies, noises, transport) => {
        const camera = (asked: Asked, count: number) => {
          const said = replies[count - 1]
          return said === undefined || said === 'honest' ? honest(asked) : said
        }
        const played = new Played(camera, { transport })
        if (played.of('ready').length > 0 && played.code === undefined) played.play()
        played.receive(...noises)
        for (let i = 0; i < 3; i++) played.wait()
        const failed = played.of('failed')
        for (const { error } of failed) expect(isMediaError(error)).toBe(true)
        expect(failed.length + played.of('closed').length).toBeLessThanOrEqual(1)
        expect(played.asked.length).toBeLessThan(60)
        played.send({ type: 'close' })
        for (let i = 0; i < 3; i++) played.wait()
        expect(played.session.deadline()).toBeUndefined()
        expect(played.of('failed').length + played.of('closed').length).toBe(1)
      },
    ),
    { numRuns: 500 },
  )
})
