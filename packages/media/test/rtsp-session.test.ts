import { rtspTransitions } from '@hksv/media/rtsp'
import { describe, expect, test } from 'vitest'
import {
  type Asked,
  ascii,
  frame,
  honest,
  Played,
  type Reply,
  rtp,
  sdpLines,
} from './support/rtsp-camera.ts'

/** @returns A camera that is honest but for one method. */
const odd = (method: string, reply: Reply) => (asked: Asked) =>
  asked.method === method ? reply : honest(asked)
const described = (sdp: readonly string[], ...headers: string[]) =>
  odd('DESCRIBE', { headers, body: sdp.join('\r\n') })
const uris = (played: Played) => played.asked.map(({ method, uri }) => `${method} ${uri}`)

test('asks in order, with what was answered before', () => {
  const played = new Played().play()
  expect(uris(played)).toEqual([
    'OPTIONS rtsp://camera/cam',
    'DESCRIBE rtsp://camera/cam',
    'SETUP rtsp://camera/cam/stream=0',
    'SETUP rtsp://camera/cam/stream=1',
    'PLAY rtsp://camera/cam/',
  ])
  expect(played.asked.map(({ headers }) => headers.get('CSeq'))).toEqual(['1', '2', '3', '4', '5'])
  expect(played.asked.every(({ headers }) => headers.has('User-Agent'))).toBe(true)
  expect(played.asked.map(({ headers }) => headers.get('Session'))).toEqual([
    undefined,
    undefined,
    undefined,
    '1234',
    '1234',
  ])
  expect(played.asked.map(({ headers }) => headers.get('Transport')).slice(2, 4)).toEqual([
    'RTP/AVP/TCP;unicast;interleaved=0-1',
    'RTP/AVP/TCP;unicast;interleaved=2-3',
  ])
  expect(played.last?.headers.get('Range')).toBe('npt=0.000-')
  const [ready] = played.of('ready')
  expect(ready?.tracks).toMatchObject([
    { format: { codec: 'h264', payloadType: 96 }, frameRate: 25 },
    { format: { codec: 'aac', sampleRate: 16000 } },
  ])
})

test('gives packets of each track, and none of channels that nobody has', () => {
  const played = new Played().play()
  played.receive(frame(0, rtp(1)), frame(3, rtp(2)), frame(9, rtp(3)), frame(2, rtp(4)))
  expect(
    played.of('packet').map(({ track, isRtcp, bytes }) => [track, isRtcp, bytes.at(-1)]),
  ).toEqual([
    [0, false, 1],
    [1, true, 2],
    [1, false, 4],
  ])
})

test('packets that are faster than the answer to PLAY come after it', () => {
  const played = new Played(asked => (asked.method === 'PLAY' ? undefined : honest(asked))).play()
  played.receive(frame(0, rtp(1)))
  expect(played.of('packet')).toEqual([])
  played.receive(ascii('RTSP/1.0 200 OK\r\nCSeq: 5\r\n\r\n'), frame(0, rtp(2)))
  expect(played.events.slice(-3).map(({ type }) => type)).toEqual(['playing', 'packet', 'packet'])
  expect(played.of('packet').map(({ bytes }) => bytes.at(-1))).toEqual([1, 2])
})

describe('URLs of control', () => {
  const setUp = (played: Played) =>
    uris(played)
      .find(text => text.startsWith('SETUP'))
      ?.slice(6)
  test.each([
    ['Content-Base: rtsp://camera/cam/', 'trackID=1', 'rtsp://camera/cam/trackID=1'],
    ['Content-Base: rtsp://camera/cam', 'trackID=1', 'rtsp://camera/cam/trackID=1'],
    ['Content-Base: rtsp://camera/cam/', '/trackID=1', 'rtsp://camera/cam/trackID=1'],
    ['Content-Location: rtsp://camera/other/', 'trackID=1', 'rtsp://camera/other/trackID=1'],
    ['Server: none', 'trackID=1', 'rtsp://camera/cam/trackID=1'],
    ['Content-Base: rtsp://rtsp://camera/cam/', 'trackID=1', 'rtsp://camera/cam/trackID=1'],
    ['Content-Base: camera:554/cam/', 'trackID=1', 'rtsp://camera/cam/trackID=1'],
    ['Content-Base: 10.0.0.7/cam/', 'trackID=1', 'rtsp://camera/cam/trackID=1'],
    ['Content-Base: rtsp://fe80::1:2/cam/', 'trackID=1', 'rtsp://camera/cam/trackID=1'],
    ['Content-Base: rtsp://0.0.0.0/cam/', 'trackID=1', 'rtsp://camera/cam/trackID=1'],
    ['Content-Base: rtsp://192.168.1.9:554/cam/', 'trackID=1', 'rtsp://camera/cam/trackID=1'],
    ['Content-Base:', 'trackID=1', 'rtsp://camera/cam/trackID=1'],
    ['Content-Base: /cam2', 'trackID=1', 'rtsp://camera/cam2/trackID=1'],
    ['Content-Base: rtsp://camera/cam?a=1', 'trackID=1', 'rtsp://camera/cam?a=1/trackID=1'],
    ['Content-Base: rtsp://camera/cam/', 'rtsp://camera/x/1', 'rtsp://camera/x/1'],
    ['Content-Base: rtsp://camera/cam/', 'rtsp://0.0.0.0/x/1', 'rtsp://camera/x/1'],
    ['Content-Base: rtsp://camera/cam/', 'rtsp://rtsp://camera/x/1', 'rtsp://camera/x/1'],
    ['Content-Base: rtsp://camera/cam/', '*', 'rtsp://camera/cam/'],
    ['Content-Base: rtsp://camera/cam/', 'a b', 'rtsp://camera/cam/a%20b'],
  ])('%s, %s', (base, control, url) => {
    const sdp = ['v=0', 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', `a=control:${control}`]
    expect(setUp(new Played(described(sdp, base)))).toBe(url)
  })

  test('PLAY goes to the control of the session', () => {
    const sdp = sdpLines.map(line =>
      line === 'a=control:*' ? 'a=control:rtsp://camera/all' : line,
    )
    expect(new Played(described(sdp)).play().last?.uri).toBe('rtsp://camera/all')
  })
})

describe('transports', () => {
  test.each([
    ['other channels', 'RTP/AVP/TCP;unicast;interleaved=4-5', 4, 5],
    ['one channel', 'RTP/AVP/TCP;interleaved=6', 6, 7],
    ['RTP/AVP', 'RTP/AVP;unicast;interleaved=0-1', 0, 1],
    ['nothing of channels', 'RTP/AVP/TCP;unicast', 0, 1],
    ['spaces', 'RTP/AVP/TCP; unicast; Interleaved = 8 - 9', 8, 9],
  ])('%s', (_, transport, channel, rtcpChannel) => {
    const sdp = sdpLines.slice(0, 8)
    const camera = (asked: Asked) =>
      asked.method === 'SETUP'
        ? { headers: [`Transport: ${transport}`, 'Session: 1'] }
        : described(sdp)(asked)
    const played = new Played(camera).play()
    expect(played.of('ready')[0]?.tracks[0]?.transport).toEqual({
      type: 'tcp',
      channel,
      rtcpChannel,
    })
    played.receive(frame(channel, rtp(1)), frame(rtcpChannel, rtp(2)))
    expect(played.of('packet').map(({ isRtcp }) => isRtcp)).toEqual([false, true])
  })

  test('UDP when the camera refuses TCP, and the other way round', () => {
    const refusing = (word: string) => (asked: Asked) =>
      asked.headers.get('Transport')?.includes(word) ? { status: 461 } : honest(asked)
    const udp = new Played(refusing('interleaved')).play()
    expect(udp.of('playing')[0]?.tracks.map(({ transport }) => transport)).toEqual([
      { type: 'udp', server: { rtpPort: 6000, rtcpPort: 6001 } },
      { type: 'udp', server: { rtpPort: 6000, rtcpPort: 6001 } },
    ])
    udp.send({ type: 'datagram', track: 1, isRtcp: false, bytes: rtp(1) })
    expect(udp.of('packet')).toMatchObject([{ track: 1, isRtcp: false }])
    const tcp = new Played(refusing('client_port'), { transport: 'udp' }).play()
    expect(tcp.of('playing')[0]?.tracks[0]?.transport.type).toBe('tcp')
    expect(new Played(odd('SETUP', { status: 461 })).code).toBe('MEDIA_RTSP_REFUSED')
  })

  test('what is to be secret does not fall back to UDP', () => {
    const played = new Played(odd('SETUP', { status: 461 }), { url: 'rtsps://camera/cam' })
    expect(played.of('bind')).toEqual([])
    expect(played.code).toBe('MEDIA_RTSP_REFUSED')
  })

  test('pictures come without a sound that cannot be set up', () => {
    let setups = 0
    const played = new Played(asked =>
      asked.method === 'SETUP' && ++setups > 1 ? { status: 500 } : honest(asked),
    ).play()
    expect(played.of('playing')[0]?.tracks.map(({ format }) => format.codec)).toEqual(['h264'])
    const same = { headers: ['Transport: RTP/AVP/TCP;interleaved=0-1', 'Session: 1'] }
    expect(new Played(odd('SETUP', same)).of('ready')[0]?.tracks).toHaveLength(1)
  })
})

describe('the session', () => {
  test.each([
    ['1234;timeout=60', '1234', 30_000],
    ['1234', '1234', 30_000],
    ['1234 ; Timeout = 10', '1234', 5000],
    ['1234;timeout="20"', '1234', 10_000],
    ['1234;timeout=0', '1234', 30_000],
    ['1234;timeout=-5', '1234', 30_000],
  ])('%s', (header, id, interval) => {
    const played = new Played(
      asked =>
        asked.method === 'SETUP'
          ? { headers: [...(honest(asked).headers ?? []).slice(0, 1), `Session: ${header}`] }
          : honest(asked),
      { silenceMs: 1e6 },
    ).play()
    expect(played.last?.headers.get('Session')).toBe(id)
    played.wait()
    expect([played.last?.method, played.now]).toEqual(['GET_PARAMETER', interval])
  })

  test('is kept alive by what the camera has', () => {
    const silenceMs = 1e6
    const plain = new Played(odd('OPTIONS', {}), { silenceMs }).play()
    plain.wait()
    expect(plain.last?.method).toBe('OPTIONS')
    for (const status of [405, 501]) {
      const played = new Played(odd('GET_PARAMETER', { status }), { silenceMs }).play()
      played.wait()
      played.wait()
      expect(played.methods.slice(-2)).toEqual(['GET_PARAMETER', 'OPTIONS'])
    }
    const silent = (asked: Asked) => (asked.method === 'GET_PARAMETER' ? undefined : honest(asked))
    const unanswered = new Played(silent, { silenceMs }).play()
    unanswered.wait()
    unanswered.wait()
    expect(unanswered.methods.slice(-2)).toEqual(['GET_PARAMETER', 'GET_PARAMETER'])
    expect(unanswered.code).toBeUndefined()
  })

  test('ends when the camera has forgotten it', () => {
    const played = new Played(odd('GET_PARAMETER', { status: 454 }), { silenceMs: 1e6 }).play()
    played.wait()
    expect(played.code).toBe('MEDIA_RTSP_ENDED')
  })

  test('ends with a goodbye', () => {
    const played = new Played().play()
    played.send({ type: 'close' })
    expect(played.last).toMatchObject({ method: 'TEARDOWN', uri: 'rtsp://camera/cam/' })
    expect(played.events.at(-1)).toEqual({ type: 'closed' })
    const deaf = new Played(asked =>
      asked.method === 'TEARDOWN' ? undefined : honest(asked),
    ).play()
    deaf.send({ type: 'close' })
    expect(deaf.of('closed')).toEqual([])
    deaf.wait()
    expect(deaf.of('closed')).toHaveLength(1)
    const early = new Played(() => undefined)
    early.send({ type: 'close' })
    expect([early.methods, early.of('closed')]).toEqual([['OPTIONS'], [{ type: 'closed' }]])
  })

  test('answers what the camera asks, and ends when it says so', () => {
    const played = new Played()
    played.session.receive(ascii('OPTIONS * RTSP/1.0\r\nCSeq: 77\r\n\r\n'), 0)
    expect(Buffer.from(played.session.take() ?? []).toString()).toBe(
      'RTSP/1.0 200 OK\r\nCSeq: 77\r\n\r\n',
    )
    played.receive(ascii('TEARDOWN rtsp://camera/cam RTSP/1.0\r\n\r\n'))
    expect(played.code).toBe('MEDIA_RTSP_ENDED')
  })
})

describe('time', () => {
  test.each(['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY'])('no answer to %s', method => {
    const played = new Played(asked => (asked.method === method ? undefined : honest(asked)))
    if (method === 'PLAY') played.play()
    played.wait()
    expect([played.code, played.now]).toEqual(['MEDIA_RTSP_TIMEOUT', 10_000])
  })

  test('no packets', () => {
    const played = new Played().play()
    played.now = 9000
    played.receive(frame(0, rtp(1)))
    played.now = 11_000
    played.receive(frame(1, rtp(1)))
    played.wait()
    expect([played.code, played.now]).toEqual(['MEDIA_RTSP_TIMEOUT', 14_000])
    expect(played.last?.method).toBe('TEARDOWN')
    const dead = new Played().play()
    dead.wait()
    expect([dead.code, dead.now]).toEqual(['MEDIA_RTSP_TIMEOUT', 10_000])
  })
})

describe('redirects', () => {
  const to = (url: string) => ({ status: 302, headers: [`Location: ${url}`] })
  const challenge = { status: 401, headers: ['WWW-Authenticate: Basic realm="x"'] }
  const moved = (url: string) => (asked: Asked) => {
    if (asked.method === 'DESCRIBE' && asked.uri.endsWith('/cam')) return to(url)
    return asked.headers.has('Authorization') ? honest(asked) : challenge
  }

  test('are followed, with the password only to the same host', () => {
    const same = new Played(moved('rtsp://camera:8554/new'))
    expect(same.of('connect')[0]?.address).toMatchObject({ host: 'camera', port: 8554 })
    expect(same.of('ready')).toHaveLength(1)
    const other = new Played(moved('rtsp://elsewhere/new'))
    expect(other.code).toBe('MEDIA_RTSP_AUTH')
    const there = other.asked.filter(({ uri }) => uri.includes('elsewhere'))
    expect(there.map(({ headers }) => headers.get('Authorization'))).toEqual([undefined])
    const open = new Played(moved('rtsp://camera/new'), { url: 'rtsps://user:password@camera/cam' })
    expect(open.code).toBe('MEDIA_RTSP_AUTH')
  })

  test('do not go on for ever, nor nowhere', () => {
    const loop = new Played(odd('DESCRIBE', to('rtsp://camera/cam')))
    expect([loop.code, loop.of('connect').length]).toEqual(['MEDIA_RTSP_REFUSED', 5])
    expect(new Played(odd('DESCRIBE', to('http://x'))).code).toBe('MEDIA_RTSP_PROTOCOL')
  })
})

describe('answers', () => {
  test.each([
    ['DESCRIBE', 404, 'MEDIA_RTSP_REFUSED'],
    ['DESCRIBE', 454, 'MEDIA_RTSP_ENDED'],
    ['SETUP', 453, 'MEDIA_RTSP_BUSY'],
    ['DESCRIBE', 503, 'MEDIA_RTSP_BUSY'],
    ['PLAY', 455, 'MEDIA_RTSP_REFUSED'],
  ])('%s %i', (method, status, code) => {
    const played = new Played(odd(method, { status }))
    if (method === 'PLAY') played.play()
    expect(played.code).toBe(code)
  })

  test('are matched by CSeq, when they have one', () => {
    const camera = (asked: Asked) => ({ ...honest(asked), isUnnumbered: true })
    expect(new Played(camera).of('ready')).toHaveLength(1)
    const played = new Played(() => undefined)
    played.receive(ascii('RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\n'))
    expect(played.methods).toEqual(['OPTIONS'])
    played.receive(ascii('RTSP/1.0 200 OK\r\ncseq: 1\r\n\r\n'))
    expect(played.methods).toEqual(['OPTIONS', 'DESCRIBE'])
  })

  test('a camera that refuses OPTIONS is asked on', () => {
    expect(new Played(odd('OPTIONS', { status: 501 })).of('ready')).toHaveLength(1)
  })

  test('RTP-Info', () => {
    const info = (text: string) =>
      new Played(odd('PLAY', { headers: [`RTP-Info: ${text}`] }))
        .play()
        .of('playing')[0]
        ?.tracks.map(({ rtpInfo }) => rtpInfo)
    const both = [
      { sequence: 9624, rtpTime: 2191389755 },
      { sequence: 3244, rtpTime: 3884852308 },
    ]
    const [first, second] = ['seq=9624;rtptime=2191389755', 'seq=3244;rtptime=3884852308']
    expect(
      info(`url=rtsp://camera/cam/stream=0;${first}, url=rtsp://camera/cam/stream=1;${second}`),
    ).toEqual(both)
    expect(info(`url=rtsp://0.0.0.0/cam/stream=1;${second},url=stream=0;${first}`)).toEqual(both)
    expect(info(`url=a;${first},url=b;${second}`)).toEqual(both)
    expect(info('url=rtsp://camera/cam/stream=0;seq=1;rtptime=0')).toEqual([{ sequence: 1 }, {}])
    expect(info('nonsense')).toEqual([{}, {}])
  })
})

test('RTCP goes back on the channel of its track', () => {
  const played = new Played()
  played.session.send({ type: 'rtcp', track: 1, bytes: rtp(1) }, 0)
  expect(played.session.take()).toBeUndefined()
  played.play()
  played.session.send({ type: 'rtcp', track: 1, bytes: rtp(1) }, 0)
  expect(played.session.take()).toEqual(frame(3, rtp(1)))
  expect(() => played.session.send({ type: 'rtcp', track: 2, bytes: rtp(1) }, 0)).toThrow(TypeError)
})

test('what comes after the end is of no use', () => {
  const played = new Played(odd('DESCRIBE', { status: 404 }))
  const { length } = played.events
  played.receive(ascii('no RTSP'))
  played.send({ type: 'disconnected' })
  played.send({ type: 'play' })
  played.wait()
  expect(played.events).toHaveLength(length)
})

test('a program that does things too early is told so', () => {
  const played = new Played(() => undefined)
  expect(() => played.send({ type: 'play' })).toThrow('play while the session is options')
  expect(() => played.send({ type: 'connected' })).toThrow(TypeError)
})

test('a camera that closes the connection with its 401 is asked again', () => {
  const played = new Played((asked, count) =>
    count === 1
      ? { status: 401, headers: ['WWW-Authenticate: Basic realm="x"'] }
      : count === 2
        ? undefined
        : honest(asked),
  )
  played.send({ type: 'disconnected' })
  expect(played.of('connect')).toHaveLength(1)
  expect(played.of('ready')).toHaveLength(1)
  played.send({ type: 'disconnected' })
  expect(played.code).toBe('MEDIA_RTSP_ENDED')
})

test('the table of transitions names only states that it has, and each is reached', () => {
  const reached = new Set(Object.values(rtspTransitions).flatMap(row => Object.values(row)))
  expect([...reached, 'connecting'].sort()).toEqual(
    expect.arrayContaining(Object.keys(rtspTransitions)),
  )
})
