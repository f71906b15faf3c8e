import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { isMediaError, openTalkBack } from '@hksv/media'
import { expect, onTestFinished, test, vi } from 'vitest'

import { describeWithFfmpeg } from './support/ffmpeg.ts'
import { Talker } from './support/speech.ts'
import { amplitude, childrenNamed, ffmpegOutput, floats, opusTone } from './support/tone.ts'

/** Chunks of a text, at once. */
async function* said(...texts: readonly string[]) {
  for (const text of texts) yield new Uint8Array(Buffer.from(text))
}

const never = new AbortController().signal

function refusal(spec: string): string | undefined {
  try {
    openTalkBack(spec)
    return undefined
  } catch (error) {
    return isMediaError(error) ? error.code : String(error)
  }
}

test.each(['', '   ', "play 'it", 'http://', 'http://[', 'https://%'])('%j is refused', spec => {
  expect(refusal(spec)).toBe('MEDIA_TALK_BACK_ADDRESS')
})

test('a command hears everything, and its arguments are what a shell would make of them', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hksv talk '))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, '$HOME;x')
  await openTalkBack(`tee '${file}'`).play(said('hello', ' world'), never)
  expect(readFileSync(file, 'utf8')).toBe('hello world')
})

test.each([
  ['/nowhere/player -q', 'there is no program /nowhere/player'],
  [`sh -c 'echo no such device >&2; exit 3'`, 'sh: no such device'],
  ['false', 'false: exit code 1'],
])('the command %j fails with one sentence', async (command, detail) => {
  await expect(openTalkBack(command).play(said('a'), never)).rejects.toThrow(
    `what a viewer says is not heard (${detail}); check --talkback, and that ffmpeg is installed`,
  )
})

test('a command that does not end by itself is killed', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const playing = openTalkBack('sleep 1000').play(said('a'), AbortSignal.abort())
  await vi.waitUntil(() => vi.getTimerCount() > 0)
  expect(childrenNamed('sleep')).toHaveLength(1)
  vi.advanceTimersByTime(2000)
  await playing
  expect(childrenNamed('sleep')).toEqual([])
})

interface Camera {
  readonly address: (credentials?: string) => string
  readonly requests: IncomingMessage[]
  readonly body: Buffer[]
  /** Resolves when so many bytes came. */
  heard(bytes: number): Promise<void>
}

type Answer = (request: IncomingMessage, response: ServerResponse) => boolean

/** A camera that takes what `answer` lets pass. */
async function camera(path: string, answer: Answer = () => true): Promise<Camera> {
  const requests: IncomingMessage[] = []
  const body: Buffer[] = []
  let wake: () => void = () => undefined
  const server = createServer((request, response) => {
    requests.push(request)
    request.on('error', () => undefined)
    if (!answer(request, response)) return
    request.on('data', (chunk: Buffer) => {
      body.push(chunk)
      wake()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    address: (credentials = '') => `http://${credentials}127.0.0.1:${port}${path}`,
    requests,
    body,
    heard: async bytes => {
      while (Buffer.concat(body).length < bytes)
        await new Promise<void>(resolve => {
          wake = resolve
        })
    },
  }
}

test.each([
  ['/axis-cgi/audio/transmit.cgi', 'audio/basic', 'mulaw'],
  ['/cgi-bin/audio.cgi?action=postAudio&httptype=singlepart&channel=1', 'Audio/G.711A', 'alaw'],
  ['/talk#alaw', 'Audio/G.711A', 'alaw'],
  ['/cgi-bin/audio.cgi#mulaw', 'audio/basic', 'mulaw'],
])('a camera at %s is told %s', async (path, contentType, encoding) => {
  const { address, requests, body, heard } = await camera(path)
  const talkBack = openTalkBack(address())
  expect(talkBack.format).toEqual({ encoding, sampleRate: 8000 })
  await talkBack.play(said('hello', ' world'), never)
  await heard(11)
  const [request] = requests
  expect(request?.method).toBe('POST')
  expect(request?.url).toBe(path.replace(/#.*/, ''))
  expect(request?.headers).toMatchObject({
    'content-type': contentType,
    'content-length': '9999999',
  })
  expect(Buffer.concat(body).toString()).toBe('hello world')
})

/** Wants Digest, as Axis does. @see RFC 2617 §3.2.2 */
const digest: Answer = (request, response) => {
  const { authorization = '' } = request.headers
  const field = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(authorization)?.[1]
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')
  const a1 = md5('root:camera:pa ss')
  const a2 = md5(`POST:${request.url}`)
  const nonces = ['nonce', 'nc', 'cnonce'].map(field).join(':')
  if (field('response') === md5(`${a1}:${nonces}:auth:${a2}`)) return true
  const challenge = 'Digest realm="camera", nonce="abc", qop="auth"'
  response.writeHead(401, { 'www-authenticate': challenge, connection: 'close' }).end()
  return false
}

/** Speaks until told to stop. */
async function* speaking(until: () => boolean) {
  while (!until()) {
    yield new Uint8Array(Buffer.from('word '))
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('a camera that wants Digest is given it, and hears from then on', async () => {
  const { address, requests, body } = await camera('/audio', digest)
  const words = speaking(() => body.length > 0)
  await openTalkBack(address('root:pa%20ss@')).play(words, never)
  expect(requests).toHaveLength(2)
  expect(Buffer.concat(body).toString()).toMatch(/^(word )+/)
})

test.each([
  ['', 'no password'],
  ['root:wrong@', 'a wrong one'],
])('a camera that wants a password tells %j (%s)', async credentials => {
  const { address } = await camera('/audio', digest)
  const playing = openTalkBack(address(credentials)).play(
    speaking(() => false),
    never,
  )
  const error = await playing.catch((thrown: unknown) => thrown)
  expect(String(error)).toMatch(
    /127\.0\.0\.1:\d+\/audio: what .* not heard \(it does not let us in; put its user and password/,
  )
  expect(String(error)).not.toMatch(/root|wrong/)
})

test('a camera that refuses is told of', async () => {
  const { address } = await camera('/audio', (_, response) => {
    response.writeHead(503).end()
    return false
  })
  await expect(
    openTalkBack(address()).play(
      speaking(() => false),
      never,
    ),
  ).rejects.toThrow('(it answers with status 503)')
})

test('nobody who listens is told of', async () => {
  const { address, requests } = await camera('/audio', request => {
    request.socket.destroy()
    return false
  })
  await expect(
    openTalkBack(address()).play(
      speaking(() => false),
      never,
    ),
  ).rejects.toThrow('(')
  expect(requests).toHaveLength(1)
})

describeWithFfmpeg('talking to a camera over HTTP', () => {
  test('what is said is heard there', async () => {
    const { address, body, heard } = await camera('/axis-cgi/audio/transmit.cgi')
    await using talker = new Talker(openTalkBack(address()))
    talker.send(opusTone(20, 'celt'))
    await heard(12_000)
    const input = ['-f', 'mulaw', '-ar', '8000', '-ac', '1', '-i', 'pipe:0', '-f', 'f32le']
    const samples = floats(ffmpegOutput(input, Buffer.concat(body)))
    expect(amplitude(samples.subarray(2000, 10_000), 1000, 8000)).toBeGreaterThan(0.2)
    expect(talker.failures).toEqual([])
  })
})
