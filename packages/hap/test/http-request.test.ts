import { type HttpRequest, HttpRequestParser } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, vectors } from './vector.ts'

interface WrittenRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Case {
  readonly text: string
  readonly value?: readonly WrittenRequest[]
  readonly error?: string
}

const file = vectors<Case>('http-requests')
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

/** All requests of a stream that comes in these parts. */
function read(
  parser: HttpRequestParser,
  ...parts: readonly Uint8Array[]
): { requests: HttpRequest[] } {
  const requests: HttpRequest[] = []
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      at += parser.receive(part.subarray(at))
      const request = parser.take()
      if (request !== undefined) requests.push(request)
    }
  }
  return { requests }
}

/** The requests as the vectors write them. */
function shown({ requests }: { requests: HttpRequest[] }): WrittenRequest[] {
  return requests.map(({ method, target, headers, body }) => ({
    method,
    target,
    headers: Object.fromEntries(headers),
    body: Buffer.from(body).toString('latin1'),
  }))
}

const bytewise = (text: string): Uint8Array[] => [...bytesOf(text)].map(byte => Uint8Array.of(byte))

describe('HTTP requests', () => {
  it.each(file.cases.filter(row => row.error === undefined))(
    'reads $name, however it is cut',
    ({ text, value }) => {
      const bytes = bytesOf(text)
      const parser = new HttpRequestParser()
      expect(shown(read(parser, ...bytewise(text)))).toEqual(value)
      expect(parser.pendingLength).toBe(0)
      for (let cut = 0; cut <= bytes.length; cut++) {
        const halves = [bytes.subarray(0, cut), bytes.subarray(cut)]
        expect(shown(read(new HttpRequestParser(), ...halves))).toEqual(value)
      }
    },
  )

  it.each(file.cases.filter(row => row.error !== undefined))(
    '$name, however it is cut, and stays failed',
    ({ text, error }) => {
      for (const parts of [[bytesOf(text)], bytewise(text)]) {
        const parser = new HttpRequestParser()
        expect(errorOf(() => read(parser, ...parts))).toBe(error)
        expect(errorOf(() => parser.receive(bytesOf('GET / HTTP/1.1\r\n\r\n')))).toBe('HTTP_SYNTAX')
      }
    },
  )

  it('end where they end: what follows is not looked at', () => {
    const parser = new HttpRequestParser()
    const text = 'POST /pair-verify HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc'
    const glued = bytesOf(`${text}\x00\x01 no HTTP`)
    expect(parser.receive(glued)).toBe(text.length)
    expect(parser.receive(glued.subarray(text.length))).toBe(0)
    expect(parser.take()?.target).toBe('/pair-verify')
    expect(parser.take()).toBeUndefined()
  })

  it('say whether one has begun', () => {
    const parser = new HttpRequestParser()
    expect(parser.isWithin).toBe(false)
    for (const byte of bytewise('PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\n')) {
      parser.receive(byte)
      expect(parser.isWithin).toBe(true)
    }
    parser.receive(bytesOf('x'))
    expect(parser.isWithin).toBe(false)
  })

  it('have bodies of their own memory', () => {
    const input = bytesOf('PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc')
    const parser = new HttpRequestParser()
    parser.receive(input)
    input.fill(0)
    expect(Buffer.from(parser.take()?.body ?? []).toString()).toBe('abc')
  })
})

describe('the limit of HTTP requests', () => {
  const limited = (...texts: readonly string[]) =>
    errorOf(() => read(new HttpRequestParser({ maxLength: 64 }), ...texts.map(bytesOf)))

  it('holds for the head, to the byte', () => {
    // 16 bytes of request line, 4 of a name and two ends of lines, 2 at the end.
    const head = (length: number): string =>
      `GET / HTTP/1.1\r\nA:${'x'.repeat(length - 22)}\r\n\r\n`
    expect(limited(head(64))).toBeUndefined()
    expect(limited(head(65))).toBe('HTTP_TOO_LARGE')
    expect(limited(...head(65))).toBe('HTTP_TOO_LARGE')
    expect(limited('G'.repeat(65))).toBe('HTTP_TOO_LARGE')
    expect(limited('\r\n'.repeat(33))).toBe('HTTP_TOO_LARGE')
  })

  it('holds for head and body together, before the body has come', () => {
    const head = (length: number) => `PUT / HTTP/1.1\r\nContent-Length: ${length}\r\n\r\n`
    expect(limited(`${head(26)}${'x'.repeat(26)}`)).toBeUndefined()
    expect(limited(head(27))).toBe('HTTP_TOO_LARGE')
  })

  it('does not add up over requests', () => {
    const request = 'PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\n123456789'
    const parser = new HttpRequestParser({ maxLength: 64 })
    expect(read(parser, bytesOf(request.repeat(50))).requests.length).toBe(50)
  })
})
