import { request } from '../harness/request.ts'

/** Bytes that are no request, or a request that no controller sends. */
export interface Nonsense {
  readonly name: string
  readonly bytes: string | Uint8Array
  /** How it may end before pair-verify; closed unless given. */
  readonly before?: readonly string[]
  /** How it may end after pair-verify; as before it unless given. */
  readonly after?: readonly string[]
}

const PUT = 'PUT /characteristics HTTP/1.1\r\n'
const GET = 'GET /accessories HTTP/1.1\r\n'
const CLIENT_HELLO =
  '16030100c8010000c40303' +
  '00'.repeat(32) +
  '20' +
  '11'.repeat(32) +
  '0020130213031301c02cc030009fcca9cca8ccaac02bc02f009ec024c028006bc023'

const refused = ['470'] as const
/** No line has ended yet. */
const UNDECIDED = ['closed', 'ignored'] as const

const lines: readonly Nonsense[] = [
  { name: 'no HTTP', bytes: 'hello\r\n\r\n' },
  { name: 'a method alone', bytes: 'GET\r\n\r\n' },
  { name: 'no version', bytes: 'GET /accessories\r\n\r\n' },
  { name: 'HTTP/0.9', bytes: 'GET /accessories HTTP/0.9\r\n\r\n' },
  { name: 'HTTP/1.2', bytes: 'GET /accessories HTTP/1.2\r\n\r\n' },
  { name: 'HTTP/9.9', bytes: 'GET /accessories HTTP/9.9\r\n\r\n' },
  { name: 'HTTP/1.0', bytes: 'GET / HTTP/1.0\r\n\r\n', before: refused, after: ['404'] },
  {
    name: 'lower-case method',
    bytes: 'get /accessories HTTP/1.1\r\n\r\n',
    before: ['470', 'closed'],
    after: ['405', 'closed'],
  },
  {
    name: 'unknown method',
    bytes: 'toString /accessories HTTP/1.1\r\n\r\n',
    before: ['470', 'closed'],
    after: ['405', 'closed'],
  },
  { name: 'tab for blank', bytes: 'GET\t/accessories\tHTTP/1.1\r\n\r\n' },
  { name: 'no target', bytes: 'GET  HTTP/1.1\r\n\r\n' },
  { name: 'NUL in the target', bytes: 'GET /acc\0essories HTTP/1.1\r\n\r\n' },
  { name: 'NUL in a value', bytes: `${GET}X: a\0b\r\n\r\n` },
  { name: 'NUL in a name', bytes: `${GET}X\0: a\r\n\r\n` },
  { name: 'lone CR in a value', bytes: `${GET}X: a\rb\r\n\r\n` },
  {
    name: 'lone CR for a line',
    bytes: 'GET /accessories HTTP/1.1\rHost: a\r\r',
    before: UNDECIDED,
  },
  { name: 'HTTP/2 preface', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  { name: 'TLS ClientHello', bytes: Buffer.from(CLIENT_HELLO, 'hex'), before: UNDECIDED },
  { name: 'a response', bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' },
  { name: 'an event', bytes: 'EVENT/1.0 200 OK\r\nContent-Length: 0\r\n\r\n' },
  { name: 'URI of 100 KB', bytes: `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n` },
  {
    name: 'header of 9 KiB',
    bytes: `${GET}X: ${'x'.repeat(9216)}\r\n\r\n`,
    before: ['470', 'closed'],
    after: ['200', 'closed'],
  },
  {
    name: 'name of 9 KiB',
    bytes: `${GET}${'x'.repeat(9216)}: x\r\n\r\n`,
    before: ['470', 'closed'],
    after: ['200', 'closed'],
  },
  {
    name: '5,000 headers',
    bytes: `${GET}${'X: x\r\n'.repeat(5000)}\r\n`,
    before: ['470', 'closed'],
    after: ['200', 'closed'],
  },
  { name: 'header without colon', bytes: `${GET}nonsense\r\n\r\n` },
  { name: 'blank before the colon', bytes: `${GET}Host : a\r\n\r\n` },
  {
    name: 'CONNECT',
    bytes: 'CONNECT apple.com:443 HTTP/1.1\r\n\r\n',
    before: ['470', 'closed'],
    after: ['404', 'closed'],
  },
]

const framing: readonly Nonsense[] = [
  { name: 'two lengths', bytes: `${PUT}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}` },
  { name: 'one length twice', bytes: `${PUT}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}` },
  {
    name: 'two types',
    bytes: `${PUT}Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 2\r\n\r\n{}`,
  },
  { name: 'a list of lengths', bytes: `${PUT}Content-Length: 2, 2\r\n\r\n{}` },
  { name: 'length in words', bytes: `${PUT}Content-Length: two\r\n\r\n{}` },
  { name: 'length in hex', bytes: `${PUT}Content-Length: 0x2\r\n\r\n{}` },
  { name: 'no number for length', bytes: `${PUT}Content-Length:\r\n\r\n{}` },
  { name: 'negative length', bytes: `${PUT}Content-Length: -1\r\n\r\n{}` },
  { name: 'length with a plus', bytes: `${PUT}Content-Length: +2\r\n\r\n{}` },
  { name: 'length with a point', bytes: `${PUT}Content-Length: 2.0\r\n\r\n{}` },
  {
    name: 'length of 2^53',
    bytes: `${PUT}Content-Length: 9007199254740992\r\n\r\n{}`,
    before: ['closed', 'ignored'],
  },
  { name: 'length of 2^64', bytes: `${PUT}Content-Length: 18446744073709551616\r\n\r\n{}` },
  { name: 'length of 10^400', bytes: `${PUT}Content-Length: 1${'0'.repeat(400)}\r\n\r\n{}` },
  {
    name: 'body shorter than said',
    bytes: `${PUT}Content-Length: 9\r\n\r\n{}`,
    before: ['ignored'],
  },
  {
    name: 'body longer than said',
    bytes: `${PUT}Content-Length: 2\r\n\r\n{}{}{}`,
    before: ['470', 'closed'],
    after: ['400', 'closed'],
  },
  { name: 'no length', bytes: `${PUT}\r\n`, before: ['400', '470'], after: ['400'] },
  {
    name: 'chunked',
    bytes: `${PUT}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    before: ['400', 'closed'],
  },
  {
    name: 'chunk of 2^64',
    bytes: `${PUT}Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n{}\r\n`,
  },
  { name: 'negative chunk', bytes: `${PUT}Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n` },
  {
    name: 'chunk extension of 20 KB',
    bytes: `${PUT}Transfer-Encoding: chunked\r\n\r\n2;${'x'.repeat(20_000)}\r\n{}\r\n`,
  },
  {
    name: 'trailers of 20 KB',
    bytes: `${PUT}Transfer-Encoding: chunked\r\n\r\n0\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
  },
  {
    name: 'chunked and a length',
    bytes: `${PUT}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n`,
  },
  {
    name: 'chunked twice',
    bytes: `${PUT}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
    before: ['400', 'closed'],
  },
  {
    name: 'identity, then chunked',
    bytes: `${PUT}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n`,
    before: ['400', 'closed'],
  },
  { name: 'gzip', bytes: `${PUT}Transfer-Encoding: gzip\r\n\r\n{}` },
  { name: 'body of 33 KiB', bytes: request('PUT', '/characteristics', 'x'.repeat(33 * 1024)) },
  {
    name: 'chunks of 33 KiB',
    bytes: `${PUT}Transfer-Encoding: chunked\r\n\r\n8400\r\n${'x'.repeat(0x8400)}\r\n0\r\n\r\n`,
  },
  {
    name: 'folded header',
    bytes: `${PUT}Content-Length: 2\r\nX: a\r\n b\r\n\r\n{}`,
    before: ['470', 'closed'],
    after: ['400', 'closed'],
  },
  {
    name: 'folded length',
    bytes: `${PUT}Content-Length:\r\n 2\r\n\r\n{}`,
    before: ['470', 'closed'],
    after: ['400', 'closed'],
  },
  {
    name: 'lines of LF alone',
    bytes: 'PUT /characteristics HTTP/1.1\nContent-Length: 2\n\n{}',
    before: ['470', 'closed'],
    after: ['400', 'closed'],
  },
]

const targets: readonly Nonsense[] = [
  {
    name: 'absolute URI',
    bytes: 'GET http://127.0.0.1/accessories HTTP/1.1\r\n\r\n',
    before: refused,
    after: ['404'],
  },
  {
    name: 'absolute URI of pair-verify',
    bytes: 'POST http://127.0.0.1/pair-verify HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
    before: refused,
    after: ['404'],
  },
  {
    name: 'star',
    bytes: 'OPTIONS * HTTP/1.1\r\n\r\n',
    before: ['470', 'closed'],
    after: ['404', 'closed'],
  },
  {
    name: 'percent-encoded path',
    bytes: 'GET /%61ccessories HTTP/1.1\r\n\r\n',
    before: refused,
    after: ['404'],
  },
  {
    name: 'percent-encoded slash',
    bytes: 'GET %2Faccessories HTTP/1.1\r\n\r\n',
    before: ['470', 'closed'],
    after: ['404', 'closed'],
  },
  {
    name: 'percent alone',
    bytes: 'GET /accessories% HTTP/1.1\r\n\r\n',
    before: refused,
    after: ['404'],
  },
  {
    name: 'dots',
    bytes: 'GET /x/../accessories HTTP/1.1\r\n\r\n',
    before: refused,
    after: ['404'],
  },
  {
    name: 'two slashes',
    bytes: 'GET //accessories HTTP/1.1\r\n\r\n',
    before: refused,
    after: ['404'],
  },
  {
    name: 'UTF-8 path',
    bytes: Buffer.from('GET /accéssories HTTP/1.1\r\n\r\n'),
    before: ['470', 'closed'],
    after: ['404', 'closed'],
  },
  { name: 'prototype', bytes: 'GET /__proto__ HTTP/1.1\r\n\r\n', before: refused, after: ['404'] },
  {
    name: 'constructor',
    bytes: 'GET /constructor HTTP/1.1\r\n\r\n',
    before: refused,
    after: ['404'],
  },
  {
    name: 'URI of 7 KB',
    bytes: `GET /${'a'.repeat(7000)} HTTP/1.1\r\n\r\n`,
    before: refused,
    after: ['404'],
  },
  { name: 'HEAD', bytes: 'HEAD /accessories HTTP/1.1\r\n\r\n', before: refused, after: ['405'] },
  { name: 'TRACE', bytes: 'TRACE /accessories HTTP/1.1\r\n\r\n', before: refused, after: ['405'] },
]

const wishes: readonly Nonsense[] = [
  {
    name: 'Expect: 100-continue',
    bytes: `${PUT}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`,
    before: refused,
    after: ['400'],
  },
  {
    name: 'Expect: nonsense',
    bytes: `${PUT}Expect: nonsense\r\nContent-Length: 2\r\n\r\n{}`,
    before: ['470', '417'],
    after: ['400', '417'],
  },
  {
    name: 'Upgrade: websocket',
    bytes:
      'GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n',
    before: refused,
    after: ['404'],
  },
  {
    name: 'Upgrade: h2c',
    bytes:
      'GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    before: refused,
    after: ['404'],
  },
  {
    name: 'Connection: close',
    bytes: 'GET / HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    before: ['470', '470+470'],
    after: ['404', '404+404'],
  },
  {
    name: 'two Hosts',
    bytes: 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    before: ['470', 'closed'],
    after: ['404', 'closed'],
  },
  {
    name: '100 requests at once',
    bytes: 'GET / HTTP/1.1\r\n\r\n'.repeat(100),
    before: ['100x470'],
    after: ['100x404'],
  },
  {
    name: '1,000 requests at once',
    bytes: 'POST /x HTTP/1.1\r\nContent-Length: 1\r\n\r\nx'.repeat(1000),
    before: ['1000x470'],
    after: ['1000x404'],
  },
  {
    name: 'empty lines first',
    bytes: `${'\r\n'.repeat(100)}GET / HTTP/1.1\r\n\r\n`,
    before: ['470', 'closed'],
    after: ['404', 'closed'],
  },
  { name: 'nothing but empty lines', bytes: '\r\n'.repeat(20_000), before: ['ignored', 'closed'] },
]

/** All of them. */
export const nonsense: readonly Nonsense[] = [...lines, ...framing, ...targets, ...wishes]
