import { HttpMessageParser } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, vectors } from './vector.ts'

interface WrittenMessage {
  readonly kind: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Case {
  readonly text: string
  readonly value?: readonly WrittenMessage[]
  readonly error?: string
}

const file = vectors<Case>('http')
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`

/** The messages as the vectors write them. */
function read(parser: HttpMessageParser, ...parts: readonly Uint8Array[]): WrittenMessage[] {
  return parts
    .flatMap(part => parser.receive(part))
    .map(({ kind, status, headers, body }) => ({
      kind,
      status,
      headers: Object.fromEntries(headers),
      body: Buffer.from(body).toString('latin1'),
    }))
}

const bytewise = (text: string): Uint8Array[] => [...bytesOf(text)].map(byte => Uint8Array.of(byte))

describe('HTTP messages', () => {
  it.each(file.cases.filter(row => row.error === undefined))(
    'reads $name, however it is cut',
    ({ text, value }) => {
      const bytes = bytesOf(text)
      expect(read(new HttpMessageParser(), bytes)).toEqual(value)
      const parser = new HttpMessageParser()
      expect(read(parser, ...bytewise(text))).toEqual(value)
      expect(parser.pendingLength).toBe(0)
      for (let cut = 0; cut <= bytes.length; cut++) {
        const halves = [bytes.subarray(0, cut), bytes.subarray(cut)]
        expect(read(new HttpMessageParser(), ...halves)).toEqual(value)
      }
    },
  )

  it.each(file.cases.filter(row => row.error !== undefined))(
    '$name, however it is cut, and stays failed',
    ({ text, error }) => {
      for (const parts of [[bytesOf(text)], bytewise(text)]) {
        const parser = new HttpMessageParser()
        expect(errorOf(() => read(parser, ...parts))).toBe(error)
        expect(errorOf(() => parser.receive(bytesOf(`${OK}\r\n`)))).toBe('HTTP_SYNTAX')
      }
    },
  )

  it('are complete with their last byte, not before', () => {
    const text = `${OK}Content-Length: 3\r\n\r\nabc`
    const parser = new HttpMessageParser()
    expect(read(parser, bytesOf(text.slice(0, -1)))).toEqual([])
    expect(parser.pendingLength).toBe(2)
    expect(read(parser, bytesOf('c')).length).toBe(1)
  })

  it('have bodies of their own memory', () => {
    const input = bytesOf(`${OK}Content-Length: 3\r\n\r\nabc`)
    const [message] = new HttpMessageParser().receive(input)
    input.fill(0)
    expect(Buffer.from(message?.body ?? []).toString()).toBe('abc')
  })
})

describe('limits of HTTP messages', () => {
  const limits = { maxHeadLength: 64, maxBodyLength: 8 }
  const limited = (...texts: readonly string[]) =>
    errorOf(() => read(new HttpMessageParser(limits), ...texts.map(bytesOf)))

  it('hold for the head, to the byte', () => {
    // 17 bytes of status line, 2 at the end.
    const head = (length: number): string => `${OK}A:${'x'.repeat(length - 23)}\r\n\r\n`
    expect(limited(head(64))).toBeUndefined()
    expect(limited(head(65))).toBe('HTTP_TOO_LARGE')
    expect(limited(...head(65))).toBe('HTTP_TOO_LARGE')
    expect(limited('H'.repeat(65))).toBe('HTTP_TOO_LARGE')
    expect(limited(`${OK}${'A:b\r\n'.repeat(20)}`)).toBe('HTTP_TOO_LARGE')
  })

  it('hold for bodies, to the byte, before they have come', () => {
    expect(limited(`${OK}Content-Length: 8\r\n\r\n12345678`)).toBeUndefined()
    expect(limited(`${OK}Content-Length: 9\r\n\r\n`)).toBe('HTTP_TOO_LARGE')
  })

  it('hold for all chunks together', () => {
    expect(limited(CHUNKED, '4\r\n1234\r\n4\r\n5678\r\n0\r\n\r\n')).toBeUndefined()
    expect(limited(CHUNKED, '4\r\n1234\r\n5\r\n')).toBe('HTTP_TOO_LARGE')
  })

  it('hold for chunk extensions and for trailers', () => {
    expect(limited(CHUNKED, `1;${'x'.repeat(64)}\r\n`)).toBe('HTTP_TOO_LARGE')
    expect(limited(CHUNKED, `0\r\n${'A: b\r\n'.repeat(20)}`)).toBe('HTTP_TOO_LARGE')
  })

  it('do not add up over messages and chunks', () => {
    const message = `${CHUNKED}1\r\nx\r\n1\r\ny\r\n0\r\nA: b\r\n\r\n`
    const parser = new HttpMessageParser(limits)
    expect(read(parser, bytesOf(message.repeat(50))).length).toBe(50)
  })

  it('take a database of a mebibyte in reads of 1024 bytes', () => {
    const body = new Uint8Array(1 << 20).fill(0x61)
    const parser = new HttpMessageParser()
    parser.receive(bytesOf(`${CHUNKED}${body.length.toString(16)}\r\n`))
    for (let at = 0; at < body.length; at += 1024) {
      expect(parser.receive(body.subarray(at, at + 1024))).toEqual([])
    }
    expect(parser.pendingLength).toBe(body.length)
    const [message] = parser.receive(bytesOf('\r\n0\r\n\r\n'))
    expect(Buffer.compare(message?.body ?? new Uint8Array(), body)).toBe(0)
  })
})
