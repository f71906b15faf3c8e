import { redact } from '@hksv/media'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('what is shown of addresses', () => {
  test.each([
    ['rtsp://porch:s3cret@10.0.0.7/stream1', 'rtsp://10.0.0.7/stream1'],
    ['rtsp://porch:p@ss@10.0.0.7/x: Connection refused', 'rtsp://10.0.0.7/x: Connection refused'],
    [
      'ffmpeg:-f x -i http://10.0.0.7/cgi?user=me&pwd=s3cret&ch=1',
      'ffmpeg:-f x -i http://10.0.0.7/cgi?user=…&pwd=…&ch=1',
    ],
    ['http://h/a?TOKEN=abc', 'http://h/a?TOKEN=…'],
    ['porch.mp4', 'porch.mp4'],
    ['mail me@home', 'mail me@home'],
  ])('%s', (text, shown) => expect(redact(text)).toBe(shown))

  test('is never a password, whatever stands around it', () => {
    const word = fc.stringMatching(/^[\w.-]{1,12}$/)
    fc.assert(
      fc.property(word, word, fc.string(), fc.string(), (user, host, before, after) => {
        const password = 'pa55-w0rd'
        const text = `${before} rtsp://${user}:${password}@${host}/x ${after}`
        expect(redact(text)).not.toContain(password)
      }),
    )
  })
})
