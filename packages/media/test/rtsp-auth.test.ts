import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import {
  type DigestAlgorithm,
  digestResponse,
  parseRtspAddress,
  RtspCredentials,
  strongestChallenge,
} from '@hksv/media/rtsp'
import { describe, expect, test } from 'vitest'
import { type Asked, honest, Played, type Reply } from './support/rtsp-camera.ts'

const user = new RtspCredentials('user', 'password')
const gst = { algorithm: 'MD5', realm: 'GStreamer RTSP Server', nonce: '297e3d604d48bed9' } as const
const own = {
  algorithm: 'SHA-256',
  realm: 'cam',
  nonce: 'abc',
  method: 'DESCRIBE',
  uri: 'rtsp://h/cam',
} as const

describe('vectors', () => {
  test.each([
    ['DESCRIBE', 'rtsp://127.0.0.1:8555/cam', '07adf876af9dbf791f87f6efb01d727e'],
    ['SETUP', 'rtsp://127.0.0.1:8555/cam/stream=0', '852e6567a86e202fda6d9685956ce471'],
    ['PLAY', 'rtsp://127.0.0.1:8555/cam/', '0f26f7cb9cc49486ac2d7e82106bca00'],
  ])('observed: gst-rtsp-server, %s', (method, uri, response) => {
    expect(digestResponse(user, { ...gst, method, uri })).toBe(response)
  })

  const mufasa = { method: 'GET', uri: '/dir/index.html', nonceCount: '00000001' }
  const rfc7616 = {
    ...mufasa,
    realm: 'http-auth@example.org',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  }
  test.each<[string, Parameters<typeof digestResponse>[1], string, string]>([
    [
      'RFC 2617 3.5',
      {
        ...mufasa,
        algorithm: 'MD5',
        realm: 'testrealm@host.com',
        nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
        cnonce: '0a4f113b',
      },
      'Circle Of Life',
      '6629fae49393a05397450978507c4ef1',
    ],
    [
      'RFC 7616 3.9.1',
      { ...rfc7616, algorithm: 'MD5' },
      'Circle of Life',
      '8ca523f5e9506fed4657c9700eebdbec',
    ],
    [
      'RFC 7616 3.9.1',
      { ...rfc7616, algorithm: 'SHA-256' },
      'Circle of Life',
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    ],
  ])('%s', (_, input, password, response) => {
    expect(digestResponse(new RtspCredentials('Mufasa', password), input)).toBe(response)
  })

  test('SHA-256, without and with qop', () => {
    expect(digestResponse(user, own)).toBe(
      '3e756b3f3a4fe63591df65d19fc43a167e7f2d5b63e9aca2ee0327f3c97acfe9',
    )
    expect(digestResponse(user, { ...own, nonceCount: '00000001', cnonce: '0a4f113b' })).toBe(
      '6b5bc502c36e14ccd2c8c7dc9fdaf207d345f53d6f67755e4f4afc6d37b2e90b',
    )
  })

  test('-sess has a key of its own (RFC 7616 3.4.2)', () => {
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    const key = hash(`${hash('user:cam:password')}:abc:0a4f113b`)
    const expected = hash(`${key}:abc:00000001:0a4f113b:auth:${hash('DESCRIBE:rtsp://h/cam')}`)
    const input = { ...own, nonceCount: '00000001', cnonce: '0a4f113b' }
    expect(digestResponse(user, { ...input, algorithm: 'SHA-256-sess' })).toBe(expected)
  })
})

describe('challenges', () => {
  const digest = (algorithm: DigestAlgorithm, more = {}) => ({
    scheme: 'digest',
    algorithm,
    realm: 'r',
    nonce: 'n',
    isStale: false,
    ...more,
  })
  const basic = 'Basic realm="r"'
  const md5 = 'Digest realm="r", nonce="n"'
  test.each<[string, readonly string[], unknown]>([
    ['Basic', [basic], { scheme: 'basic' }],
    ['without algorithm', [md5], digest('MD5')],
    ['the strongest of several', [basic, md5, `${md5}, algorithm=SHA-256`], digest('SHA-256')],
    ['several in one', [`${basic}, ${md5}, algorithm="md5"`], digest('MD5')],
    ['unquoted', ['digest realm=r,nonce=n'], digest('MD5')],
    [
      'spaces',
      ['Digest  realm = "r" ,  nonce = "n" , stale = TRUE'],
      digest('MD5', { isStale: true }),
    ],
    [
      'quotes in it',
      [String.raw`Digest realm="a \"b\", c", nonce="n"`],
      digest('MD5', { realm: 'a "b", c' }),
    ],
    [
      'qop and opaque',
      [`${md5}, qop="auth-int, auth", opaque=""`],
      digest('MD5', { qop: 'auth', opaque: '' }),
    ],
    ['session', [`${md5}, algorithm=md5-SESS`], digest('MD5-sess')],
    [
      'unknown ones',
      [`${md5}, algorithm=SHA-3`, `${md5}, qop="auth-int"`, 'Negotiate', 'Digest realm="r"', ''],
      undefined,
    ],
    ['unknown ones before known', [`${md5}, algorithm=SHA-3`, basic], { scheme: 'basic' }],
  ])('%s', (_, headers, expected) => {
    expect(strongestChallenge(headers)).toEqual(expected)
  })
})

describe('sessions', () => {
  const challenge = (...headers: string[]): Reply => ({
    status: 401,
    headers: headers.map(header => `WWW-Authenticate: ${header}`),
  })
  const parameter = (asked: Asked | undefined, name: string) =>
    new RegExp(`[ ,]${name}="?([^",]*)`).exec(asked?.headers.get('Authorization') ?? '')?.[1]

  test('prove themselves with each request, counting', () => {
    const wanted = challenge(
      'Digest realm="cam", nonce="abc", qop="auth", algorithm=SHA-256, opaque="o"',
      'Basic realm="cam"',
    )
    const played = new Played(asked =>
      asked.headers.has('Authorization') ? honest(asked) : wanted,
    ).play()
    played.send({ type: 'close' })
    const proven = played.asked.slice(1)
    expect(proven.map(({ method }) => method)).toEqual([
      'OPTIONS',
      'DESCRIBE',
      'SETUP',
      'SETUP',
      'PLAY',
      'TEARDOWN',
    ])
    expect(proven.map(asked => parameter(asked, 'nc'))).toEqual(
      ['1', '2', '3', '4', '5', '6'].map(n => n.padStart(8, '0')),
    )
    for (const asked of proven) {
      const uri = parameter(asked, 'uri') ?? ''
      expect(uri).toBe(asked.uri)
      const response = digestResponse(user, {
        ...own,
        method: asked.method,
        uri,
        nonceCount: parameter(asked, 'nc') ?? '',
        cnonce: parameter(asked, 'cnonce') ?? '',
      })
      expect(parameter(asked, 'response')).toBe(response)
      expect([parameter(asked, 'username'), parameter(asked, 'opaque')]).toEqual(['user', 'o'])
    }
  })

  test('Basic, with a password that is percent-encoded', () => {
    const url = 'rtsp://ad%6Din:p%40ss%3A%C3%A9%zz@camera/cam'
    const played = new Played(
      asked => (asked.headers.has('Authorization') ? honest(asked) : challenge('Basic realm="x"')),
      { url },
    )
    const proof = Buffer.from('admin:p@ss:é%zz').toString('base64')
    expect(played.asked.at(1)?.headers.get('Authorization')).toBe(`Basic ${proof}`)
    expect(played.asked.every(({ uri }) => uri.startsWith('rtsp://camera/cam'))).toBe(true)
  })

  test('a wrong password is tried once, with the same nonce or another', () => {
    for (const nonce of [() => 'abc', (count: number) => `n${count}`]) {
      const played = new Played((_, count) =>
        challenge(`Digest realm="cam", nonce="${nonce(count)}"`),
      )
      expect([played.code, played.asked.length]).toEqual(['MEDIA_RTSP_AUTH', 2])
    }
    expect(new Played(() => challenge('Basic realm="x"')).asked).toHaveLength(2)
  })

  test('a stale nonce is exchanged, but not for ever', () => {
    const stale = (count: number) => challenge(`Digest realm="cam", nonce="n${count}", stale=true`)
    const twice = new Played((asked, count) => (count <= 2 ? stale(count) : honest(asked)))
    expect(twice.of('ready')).toHaveLength(1)
    expect(parameter(twice.last, 'nonce')).toBe('n2')
    const ever = new Played((_, count) => stale(count))
    expect([ever.code, ever.asked.length]).toEqual(['MEDIA_RTSP_AUTH', 4])
  })

  test('a nonce that went old while playing', () => {
    let nonce = 'n1'
    const played = new Played(
      asked =>
        parameter(asked, 'nonce') === nonce
          ? honest(asked)
          : challenge(`Digest realm="cam", nonce="${nonce}"`),
      { silenceMs: 1e6 },
    ).play()
    nonce = 'n2'
    played.wait()
    expect(played.methods.slice(-2)).toEqual(['GET_PARAMETER', 'GET_PARAMETER'])
    expect([parameter(played.last, 'nonce'), played.code]).toEqual(['n2', undefined])
  })

  test('without a password, or a way that is known', () => {
    const ask = challenge('Basic realm="x"')
    expect(new Played(() => ask, { url: 'rtsp://camera/cam' }).code).toBe('MEDIA_RTSP_AUTH')
    expect(new Played(() => challenge('Bearer')).code).toBe('MEDIA_RTSP_AUTH')
    expect(new Played(() => challenge()).code).toBe('MEDIA_RTSP_AUTH')
  })

  test('the password is in no error, and in nothing that is printed', () => {
    const url = 'rtsp://user:s3cret@camera/cam'
    const address = parseRtspAddress(url)
    const [failed] = new Played(() => challenge('Basic realm="x"'), { url }).of('failed')
    const texts = [
      inspect(address, { depth: 9, showHidden: true }),
      JSON.stringify(address),
      `${address.credentials}`,
      inspect(failed),
      String(failed?.error),
    ]
    for (const text of texts) expect(text).not.toMatch(/s3cret/)
    expect(() => parseRtspAddress('http://user:s3cret@camera/')).toThrow(/^(?!.*s3cret).*rtsp:/)
  })
})

describe('addresses', () => {
  test.each([
    ['rtsp://camera', { url: 'rtsp://camera', host: 'camera', port: 554, isSecure: false }],
    [
      'rtsps://camera/a?b=c',
      { url: 'rtsps://camera/a?b=c', host: 'camera', port: 322, isSecure: true },
    ],
    [
      ' rtsp://u:p@[fe80::1]:8554/a ',
      { url: 'rtsp://[fe80::1]:8554/a', host: 'fe80::1', port: 8554 },
    ],
    ['rtsp://camera:554/a', { url: 'rtsp://camera:554/a', port: 554 }],
  ])('%s', (text, expected) => {
    expect(parseRtspAddress(text)).toMatchObject(expected)
  })

  test.each([
    '',
    'camera',
    'rtsp://',
    'rtsp:///a',
    'http://camera',
    'rtsp://camera:99999',
    'rtsp://a%0d%0a:b@camera',
  ])('not %s', text => {
    expect(() => parseRtspAddress(text)).toThrow(
      expect.objectContaining({ code: 'MEDIA_RTSP_ADDRESS' }),
    )
  })
})
