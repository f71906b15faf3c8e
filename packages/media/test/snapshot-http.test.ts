import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'

import {
  isMediaError,
  type MediaSource,
  noPicture,
  openSource,
  type SnapshotOptions,
  snapshotsFrom,
} from '@hksv/media'
import { expect, onTestFinished, test, vi } from 'vitest'

import { describeWithFfmpeg } from './support/ffmpeg.ts'
import { jpegSize } from './support/jpeg.ts'
import { certificate, privateKey } from './support/rtsp-certificate.ts'
import { VirtualClock } from './support/virtual-clock.ts'

const small = { width: 640, height: 360 }
const never = new AbortController().signal

/** The still of the sample: 1280x720. */
async function still(): Promise<Uint8Array> {
  await using sample = await openSource('sample')
  return await sample.snapshot({ width: 1280, height: 720 }, never)
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function camera(answer: Answer, isSecure = false) {
  const requests: IncomingMessage[] = []
  const listener: Answer = (request, response) => {
    requests.push(request)
    answer(request, response)
  }
  const tls = { cert: certificate, key: privateKey }
  const server = isSecure ? createSecureServer(tls, listener) : createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const address = (credentials = '', host = '127.0.0.1') =>
    `http${isSecure ? 's' : ''}://${credentials}${host}:${port}/picture.jpg?channel=1`
  return { requests, address }
}

/** What pictures of an address are, where they came from, and what is said of them. */
async function pictures(address: string, options: SnapshotOptions = {}) {
  const served: string[] = []
  const notes: string[] = []
  const fallback = await openSource('sample')
  const source = snapshotsFrom(address, {
    ffmpeg: '/nowhere/ffmpeg',
    served: origin => served.push(origin),
    note: text => notes.push(text),
    ...options,
  })(fallback)
  onTestFinished(() => source[Symbol.asyncDispose]())
  return { source, fallback, served, notes }
}

const jpeg = await still()
const give: Answer = (_request, response) => void response.end(jpeg)

test.each(['', 'picture.jpg', 'rtsp://camera/', 'http://[', 'http://camera/#mulaw'])(
  'the address %j is refused',
  address => {
    let code: string | undefined
    try {
      snapshotsFrom(address)
    } catch (error) {
      code = isMediaError(error) ? error.code : String(error)
    }
    expect(code).toBe('MEDIA_HTTP_ADDRESS')
  },
)

test('the picture is as the camera gives it when there is no ffmpeg', async () => {
  const { address, requests } = await camera(give)
  const { source, served } = await pictures(address())
  expect(await source.snapshot(small, never)).toEqual(jpeg)
  expect(served).toEqual(['camera'])
  expect(requests[0]?.url).toBe('/picture.jpg?channel=1')
})

describeWithFfmpeg('with ffmpeg', () => {
  test('a picture that is much too large is made smaller', async () => {
    const { address } = await camera(give)
    const { source } = await pictures(address(), { ffmpeg: 'ffmpeg' })
    expect(jpegSize(await source.snapshot(small, never))).toEqual(small)
    expect(await source.snapshot({ width: 1024, height: 576 }, never)).toEqual(jpeg)
  })
})

test('what a source has besides pictures stays the same', async () => {
  const { source, fallback } = await pictures('http://127.0.0.1:1/')
  expect(source.description).toBe(fallback.description)
  expect(source.descriptionFor).toBe(fallback.descriptionFor)
  for await (const sample of source.samples(never)) {
    expect(sample.isSync).toBe(true)
    break
  }
})

test('all who ask at once, and soon after, get the same picture', async () => {
  const { address, requests } = await camera(give)
  const clock = new VirtualClock()
  const { source } = await pictures(address(), { clock })
  const sizes = [small, { width: 320, height: 180 }, small]
  const all = await Promise.all(sizes.map(size => source.snapshot(size, never)))
  expect(all).toEqual([jpeg, jpeg, jpeg])
  await source.snapshot(small, never)
  expect(requests).toHaveLength(1)
})

test('one who goes away does not take the picture from the others', async () => {
  let answer = () => {}
  const { address, requests } = await camera((_request, response) => {
    answer = () => response.end(jpeg)
  })
  const { source } = await pictures(address())
  const leaver = new AbortController()
  const left = source.snapshot(small, leaver.signal)
  const stays = source.snapshot(small, never)
  await vi.waitUntil(() => requests.length === 1)
  leaver.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  answer()
  expect(await stays).toEqual(jpeg)
})

/** A camera that wants Digest. */
function guarded(algorithm: 'MD5' | 'SHA-256', password: string): Answer {
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex')
  return (request, response) => {
    const { authorization = '' } = request.headers
    const part = (name: string) =>
      new RegExp(`\\b${name}="?([^",]*)"?`).exec(authorization)?.[1] ?? ''
    const key = hash(`user:camera:${password}`)
    const what = hash(`GET:${request.url}`)
    const proof = hash(`${key}:n1:${part('nc')}:${part('cnonce')}:auth:${what}`)
    if (part('response') === proof) return void response.end(jpeg)
    const challenge = `Digest realm="camera", nonce="n1", algorithm=${algorithm}, qop="auth"`
    response.writeHead(401, { 'www-authenticate': challenge }).end('who are you?')
  }
}

test.each(['MD5', 'SHA-256'] as const)('%s proves who we are, once for all', async algorithm => {
  const { address, requests } = await camera(guarded(algorithm, 'p@ss'))
  const clock = new VirtualClock()
  const { source, notes } = await pictures(address('user:p%40ss@'), { clock })
  expect(await source.snapshot(small, never)).toEqual(jpeg)
  clock.time += 5000
  expect(await source.snapshot(small, never)).toEqual(jpeg)
  expect(notes).toEqual([])
  expect(requests).toHaveLength(3)
})

test('a wrong password is told once, without it, and tried ever later', async () => {
  const { address, requests } = await camera(guarded('MD5', 'right'))
  const clock = new VirtualClock()
  const { source, notes, served, fallback } = await pictures(address('user:wrong@'), { clock })
  const instead = await fallback.snapshot(small, never)
  expect(await source.snapshot(small, never)).toEqual(instead)
  expect(requests).toHaveLength(2)
  clock.time += 5000
  await source.snapshot(small, never)
  expect(requests).toHaveLength(2)
  clock.time += 10_000
  await source.snapshot(small, never)
  expect(requests).toHaveLength(4)
  expect(served).toEqual(['source', 'source', 'source'])
  expect(notes).toEqual([expect.stringContaining('the camera does not let us in')])
  expect(notes.join()).not.toContain('wrong')
})

test('Basic is understood', async () => {
  const { address } = await camera((request, response) => {
    const proof = `Basic ${Buffer.from('user:secret').toString('base64')}`
    if (request.headers.authorization === proof) response.end(jpeg)
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end()
  })
  const { source } = await pictures(address('user:secret@'))
  expect(await source.snapshot(small, never)).toEqual(jpeg)
})

const redirect =
  (location: string): Answer =>
  (request, response) => {
    if (request.url === '/now.jpg') response.end(jpeg)
    else response.writeHead(302, { location }).end()
  }

test.each<[string, Answer, string]>([
  ['an error', (_request, response) => void response.writeHead(404).end(), 'status 404'],
  ['a page', (_request, response) => void response.end('<html>login</html>'), 'not a whole JPEG'],
  [
    'a JPEG cut in its head',
    (_request, response) => void response.end(jpeg.subarray(0, 20)),
    'not a whole JPEG',
  ],
  [
    'half a JPEG',
    (_request, response) => void response.end(jpeg.subarray(0, jpeg.length / 2)),
    'not a whole JPEG',
  ],
  [
    'too much',
    (_request, response) => void response.end(Buffer.alloc(4 * 1024 * 1024 + 1)),
    'more than 4194304 bytes',
  ],
  ['redirects without an end', redirect('/picture.jpg'), 'redirects without an end'],
  ['a redirect to another host', redirect('http://localhost:1/now.jpg'), 'sends us elsewhere'],
  ['a redirect to another port', redirect('http://127.0.0.1:1/now.jpg'), 'sends us elsewhere'],
  ['a redirect to a file', redirect('file:///etc/passwd'), 'sends us elsewhere'],
  ['a hang-up', request => void request.socket.destroy(), 'socket hang up'],
])('after %s the picture is the one of the source', async (_name, answer, told) => {
  const { address } = await camera(answer)
  const { source, fallback, notes } = await pictures(address())
  expect(await source.snapshot(small, never)).toEqual(await fallback.snapshot(small, never))
  expect(notes).toEqual([expect.stringContaining(told)])
})

test('a redirect on the same host is followed', async () => {
  const { address } = await camera(redirect('/now.jpg'))
  const { source } = await pictures(address())
  expect(await source.snapshot(small, never)).toEqual(jpeg)
})

test('a camera that does not answer has three seconds', async () => {
  const { address, requests } = await camera(() => undefined)
  const { source, notes, served } = await pictures(address())
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const taking = source.snapshot(small, never)
  await vi.waitUntil(() => requests.length === 1)
  vi.advanceTimersByTime(2999)
  expect(served).toEqual([])
  vi.advanceTimersByTime(1)
  await taking
  expect(notes).toEqual([expect.stringContaining('no answer within 3 s')])
})

test('a certificate that nobody signed is accepted only when that is asked for', async () => {
  const { address } = await camera(give, true)
  const strict = await pictures(address())
  await strict.source.snapshot(small, never)
  expect(strict.notes).toEqual([expect.stringContaining('add #insecure to the address')])
  const lax = await pictures(`${address()}#insecure`)
  expect(await lax.source.snapshot(small, never)).toEqual(jpeg)
})

test.each([
  ['has none', (nothing: Uint8Array) => Promise.resolve(nothing)],
  ['fails', () => Promise.reject(new Error('no camera'))],
])('when the source %s the last one is shown for a minute, then the still', async (_, take) => {
  let isWell = true
  const { address } = await camera((request, response) => {
    if (isWell) give(request, response)
    else response.writeHead(500).end()
  })
  const clock = new VirtualClock()
  const sample = await openSource('sample')
  const nothing = noPicture(small)
  const blind: MediaSource = Object.create(sample, {
    snapshot: { configurable: true, value: () => take(nothing) },
    [Symbol.asyncDispose]: { configurable: true, value: () => sample[Symbol.asyncDispose]() },
  })
  const served: string[] = []
  const options = { clock, ffmpeg: '/nowhere/ffmpeg', served: (from: string) => served.push(from) }
  await using source = snapshotsFrom(address(), options)(blind)
  await source.snapshot(small, never)
  isWell = false
  clock.time += 30_000
  expect(await source.snapshot(small, never)).toEqual(jpeg)
  clock.time += 40_000
  expect(await source.snapshot(small, never)).toEqual(nothing)
  expect(served).toEqual(['camera', 'kept', 'placeholder'])
})

test('a camera that was switched off shows no picture of before', async () => {
  let isWell = true
  const { address } = await camera((request, response) => {
    if (isWell) give(request, response)
    else response.writeHead(500).end()
  })
  const { source, served } = await pictures(address())
  await source.snapshot(small, never)
  isWell = false
  source.forgetPictures?.()
  expect(await source.snapshot(small, never)).not.toEqual(jpeg)
  expect(served).toEqual(['camera', 'source'])
})

test('closing the source ends a request', async () => {
  const { address, requests } = await camera(() => undefined)
  const { source, notes } = await pictures(address())
  const taking = source.snapshot(small, never).catch(() => undefined)
  await vi.waitUntil(() => requests.length === 1)
  const hungUp = new Promise(resolve => requests[0]?.socket.once('close', resolve))
  await source[Symbol.asyncDispose]()
  await hungUp
  await taking
  expect(notes).toEqual([])
})
