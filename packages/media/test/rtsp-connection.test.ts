import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { RtspConnection, type RtspConnectionOptions } from '@hksv/media/rtsp'
import { describe, expect, test } from 'vitest'
import { type Asked, frame, honest, type Reply, rtp, writeReply } from './support/rtsp-camera.ts'
import { certificate } from './support/rtsp-certificate.ts'
import { type Behaviour, HostileCamera } from './support/rtsp-hostile.ts'

const answer = (socket: Socket, asked: Asked, reply: Reply): boolean =>
  socket.write(writeReply(asked.headers.get('CSeq'), reply))

/** Honest, and sends packets after PLAY. */
const playing: Behaviour = (socket, asked) => {
  if (asked === undefined) return
  answer(socket, asked, honest(asked))
  if (asked.method === 'PLAY') socket.write(Buffer.concat([frame(0, rtp(1)), frame(2, rtp(2))]))
}

/** Honest but for one method. */
const odd =
  (method: string, act: (socket: Socket, asked: Asked) => void): Behaviour =>
  (socket, asked) => {
    if (asked?.method === method) act(socket, asked)
    else playing(socket, asked)
  }

/** @returns The error that opening and playing ends with. */
async function failure(
  behaviour: Behaviour,
  options: RtspConnectionOptions = {},
): Promise<unknown> {
  await using camera = await HostileCamera.open(behaviour)
  return await attempt(camera, options)
}

async function attempt(camera: HostileCamera, options: RtspConnectionOptions): Promise<unknown> {
  try {
    await using connection = await RtspConnection.open(camera.url, options)
    await connection.play(() => () => undefined)
    await connection.ended
    return undefined
  } catch (error) {
    return error
  }
}

/** Resolves with the first packets. */
async function packets(connection: RtspConnection, count: number): Promise<number[][]> {
  const seen: number[][] = []
  await new Promise<void>((resolve, reject) => {
    const play = connection.play((_, track) => bytes => {
      seen.push([track, bytes.at(-1) ?? 0])
      if (seen.length === count) resolve()
    })
    play.then(() => connection.ended.catch(reject), reject)
  })
  return seen
}

describe('a camera that', () => {
  test.each<[string, Behaviour, string, RtspConnectionOptions?]>([
    [
      'speaks HTTP',
      (socket, asked) => asked && socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'MEDIA_RTSP_PROTOCOL',
    ],
    ['closes at once', socket => socket.end(), 'MEDIA_RTSP_ENDED'],
    ['resets', odd('SETUP', socket => socket.resetAndDestroy()), 'MEDIA_RTSP_ENDED'],
    [
      'gives half an answer',
      odd('DESCRIBE', socket => socket.end('RTSP/1.0 200 OK\r\nCont')),
      'MEDIA_RTSP_ENDED',
    ],
    [
      'gives half a body',
      odd('DESCRIBE', socket => socket.end('RTSP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nv=0')),
      'MEDIA_RTSP_ENDED',
    ],
    [
      'sends headers for ever',
      odd('OPTIONS', socket => socket.write(`RTSP/1.0 200 OK\r\n${'A: b\r\n'.repeat(10_000)}`)),
      'MEDIA_RTSP_PROTOCOL',
    ],
    ['is silent', () => undefined, 'MEDIA_RTSP_TIMEOUT', { answerTimeoutMs: 20 }],
    [
      'sends half answers for ever',
      odd('DESCRIBE', socket => socket.write('RTSP/1.0 200')),
      'MEDIA_RTSP_TIMEOUT',
      { answerTimeoutMs: 20 },
    ],
    [
      'knows no password',
      (socket, asked) =>
        asked &&
        answer(socket, asked, {
          status: 401,
          headers: ['WWW-Authenticate: Digest realm="x", nonce="y"'],
        }),
      'MEDIA_RTSP_AUTH',
    ],
    [
      'says goodbye',
      odd('PLAY', (socket, asked) => {
        playing(socket, asked)
        socket.write('TEARDOWN * RTSP/1.0\r\n\r\n')
      }),
      'MEDIA_RTSP_ENDED',
    ],
    [
      'goes mad',
      odd('PLAY', (socket, asked) => {
        playing(socket, asked)
        socket.write(new Uint8Array(300_000))
      }),
      'MEDIA_RTSP_PROTOCOL',
    ],
  ])('%s', async (_, behaviour, code, options) => {
    expect(await failure(behaviour, options)).toMatchObject({ code })
  })

  test('sends us in circles', async () => {
    let url = ''
    await using camera = await HostileCamera.open(
      odd('DESCRIBE', (socket, asked) =>
        answer(socket, asked, { status: 302, headers: [`Location: ${url}`] }),
      ),
    )
    url = camera.url
    expect(await attempt(camera, {})).toMatchObject({ code: 'MEDIA_RTSP_REFUSED' })
    expect(camera.methods.filter(method => method === 'DESCRIBE')).toHaveLength(6)
  })

  test('sends each byte alone', async () => {
    await using camera = await HostileCamera.open((socket, asked) => {
      socket.setNoDelay()
      const slow = {
        write: (bytes: Uint8Array) => {
          for (const byte of bytes) socket.write(Uint8Array.of(byte))
          return true
        },
      }
      playing(slow as Socket, asked)
    })
    await using connection = await RtspConnection.open(camera.url)
    expect(await packets(connection, 2)).toEqual([
      [0, 1],
      [1, 2],
    ])
  })
})

test('a port where nobody is', async () => {
  // The port is ours, so that nobody else gets it; at another address of loopback nobody has it.
  await using camera = await HostileCamera.open(() => undefined)
  const url = camera.url.replace('127.0.0.1', '127.0.0.9')
  await expect(RtspConnection.open(url)).rejects.toMatchObject({
    code: 'MEDIA_RTSP_UNREACHABLE',
    message: expect.stringContaining('(ECONNREFUSED)'),
  })
})

describe('ends', () => {
  test('with a goodbye when it is closed', async () => {
    await using camera = await HostileCamera.open(playing)
    {
      await using connection = await RtspConnection.open(camera.url)
      await packets(connection, 1)
    }
    expect(camera.methods.at(-1)).toBe('TEARDOWN')
    await camera.empty()
  })

  test('with the signal, wherever it is', async () => {
    const reason = new Error('enough')
    await expect(
      RtspConnection.open('rtsp://127.0.0.1:1/', { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
    for (const method of ['OPTIONS', 'DESCRIBE', 'SETUP']) {
      const controller = new AbortController()
      await using camera = await HostileCamera.open(odd(method, () => controller.abort(reason)))
      await expect(RtspConnection.open(camera.url, { signal: controller.signal })).rejects.toBe(
        reason,
      )
      await camera.empty()
    }
    const controller = new AbortController()
    await using camera = await HostileCamera.open(playing)
    const connection = await RtspConnection.open(camera.url, { signal: controller.signal })
    await packets(connection, 1)
    controller.abort(reason)
    await connection.ended
    expect(camera.methods.at(-1)).toBe('TEARDOWN')
  })

  test('with what a handler throws', async () => {
    const fault = new RangeError('a fault of the program')
    await using camera = await HostileCamera.open(playing)
    await using connection = await RtspConnection.open(camera.url)
    await connection.play(() => () => {
      throw fault
    })
    await expect(connection.ended).rejects.toBe(fault)
  })
})

describe('rtsps', () => {
  test.each<[string, RtspConnectionOptions, string | undefined]>([
    ['a certificate that nobody has signed', {}, 'MEDIA_RTSP_CERTIFICATE'],
    ['one that is given', { tls: { ca: certificate } }, undefined],
    ['any, when told so', { tls: { isVerified: false } }, undefined],
  ])('%s', async (_, options, code) => {
    await using camera = await HostileCamera.open(playing, true)
    const opened = RtspConnection.open(camera.url, options)
    if (code === undefined) {
      await using connection = await opened
      expect(await packets(connection, 2)).toEqual([
        [0, 1],
        [1, 2],
      ])
    } else await expect(opened).rejects.toMatchObject({ code })
  })

  test('a camera without TLS', async () => {
    await using camera = await HostileCamera.open(socket =>
      socket.end('RTSP/1.0 400 Bad Request\r\n\r\n'),
    )
    await expect(RtspConnection.open(camera.url.replace('rtsp:', 'rtsps:'))).rejects.toMatchObject({
      code: 'MEDIA_RTSP_UNREACHABLE',
    })
  })
})

test('UDP: only packets of the camera count, and the way to us is opened', async () => {
  const [media, stranger] = [createSocket('udp4'), createSocket('udp4')]
  media.bind(0, '127.0.0.1')
  stranger.bind(0, '127.0.0.2')
  await Promise.all([once(media, 'listening'), once(stranger, 'listening')])
  const punched = once(media, 'message')
  const ports: number[] = []
  await using camera = await HostileCamera.open((socket, asked) => {
    if (asked?.method !== 'SETUP') {
      if (asked !== undefined) answer(socket, asked, honest(asked))
      return
    }
    const [, port] = /client_port=(\d+)/.exec(asked.headers.get('Transport') ?? '') ?? []
    ports.push(Number(port))
    const server = media.address().port
    answer(socket, asked, {
      headers: [`Transport: RTP/AVP;client_port=${port};server_port=${server}`, 'Session: 1'],
    })
  })
  await using connection = await RtspConnection.open(camera.url, { transport: 'udp' })
  expect(ports.every(port => port % 2 === 0)).toBe(true)
  expect((await punched)[0]).toHaveLength(12)
  const seen: number[] = []
  const done = new Promise<void>(resolve => {
    void connection.play((_, track) => bytes => {
      seen.push(track * 100 + (bytes.at(-1) ?? 0))
      if (seen.length === 2) resolve()
    })
  })
  for (const [i, port] of ports.entries()) {
    await new Promise<void>(resolve => stranger.send(rtp(66), port, '127.0.0.1', () => resolve()))
    await new Promise<void>(resolve => media.send(rtp(i + 1), port, '127.0.0.1', () => resolve()))
  }
  await done
  expect(seen.sort()).toEqual([1, 102])
  media.close()
  stranger.close()
})
