import { nodeProvider } from '@hksv/crypto/node'
import {
  applyPairingsRequest,
  decodePairingsRequest,
  decodePairingsResponse,
  encodePairingsRequest,
  HapError,
  HttpMessageParser,
  isHapError,
  longUuid,
  type Pairing,
  parseSetupCode,
  parseSetupUri,
  RecordOpener,
  RecordSealer,
  setupUri,
  shortUuid,
} from '@hksv/hap'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { next, seeded, setupController, World } from './world.ts'

const key = seeded('key')(32)

/** Cuts bytes into pieces of the lengths given, round and round. */
function pieces(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const cut: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    cut.push(bytes.subarray(at, at + length))
    at += length
  }
  return cut
}

const lengths = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 8 })

const setupCode = fc
  .stringMatching(/^\d{3}-\d\d-\d{3}$/)
  .filter(text => !/^(.)\1{2}-\1\1-\1{3}$|^123-45-678$|^876-54-321$/.test(text))

const pairing: fc.Arbitrary<Pairing> = fc.record({
  identifier: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 36 }),
  publicKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  permissions: fc.constantFrom(0, 1),
})

function onlyOwnErrors(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    if (!isHapError(error)) throw error
    expect(error).toBeInstanceOf(HapError)
  }
}

describe('properties', () => {
  it('a setup URI says what was written into it', () => {
    const payload = fc.record({
      category: fc.integer({ min: 0, max: 255 }),
      setupCode,
      setupId: fc.stringMatching(/^[0-9A-Z]{4}$/),
      isIp: fc.boolean(),
      isBle: fc.boolean(),
      isPaired: fc.boolean(),
    })
    fc.assert(
      fc.property(payload, written => {
        const uri = setupUri(written)
        expect(uri).toMatch(/^X-HM:\/\/[0-9A-Z]{13}$/)
        expect(parseSetupUri(uri)).toEqual(written)
      }),
    )
  })

  it('a setup code is the same however it is written', () => {
    fc.assert(
      fc.property(setupCode, fc.array(fc.constantFrom('', ' ', '-', '\t')), (code, between) => {
        const odd = [...code.replaceAll('-', '')].map((digit, i) => digit + (between[i] ?? ''))
        expect(parseSetupCode(odd.join(''))).toBe(code)
      }),
    )
  })

  it('any text is a setup code or URI, or an error of ours', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        onlyOwnErrors(() => parseSetupCode(text))
        onlyOwnErrors(() => parseSetupUri(text))
        onlyOwnErrors(() => parseSetupUri(`X-HM://${text}`))
      }),
    )
  })

  it('a UUID is the same after shortening and expanding', () => {
    fc.assert(
      fc.property(fc.uuid(), uuid => {
        expect(longUuid(shortUuid(uuid))).toBe(uuid.toUpperCase())
        const apple = `${uuid.slice(0, 8)}-0000-1000-8000-0026bb765291`
        expect(longUuid(shortUuid(apple))).toBe(apple.toUpperCase())
        expect(shortUuid(apple).length).toBeLessThanOrEqual(8)
      }),
    )
  })

  it('records open to what was sealed, however they are cut', () => {
    const plain = fc.uint8Array({ minLength: 1, maxLength: 5000 })
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 4 }), lengths, (messages, cut) => {
        const sealer = new RecordSealer(nodeProvider, key)
        const opener = new RecordOpener(nodeProvider, key)
        const stream = Buffer.concat(messages.map(message => sealer.seal(message)))
        const opened = pieces(stream, cut).flatMap(piece => opener.open(piece))
        expect(Buffer.compare(Buffer.concat(opened), Buffer.concat(messages))).toBe(0)
        expect(opened.every(part => part.length <= 1024)).toBe(true)
        expect(opener.pendingLength).toBe(0)
      }),
    )
  })

  it('a stream of messages is the same however it is cut', () => {
    const message = fc.record({
      isEvent: fc.boolean(),
      chunks: fc.option(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }))),
      body: fc.uint8Array({ maxLength: 600 }),
    })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), lengths, (messages, cut) => {
        const stream = messages.map(({ isEvent, chunks, body }) => {
          const line = isEvent ? 'EVENT/1.0 200 OK' : 'HTTP/1.1 207 Multi-Status'
          if (chunks === null) {
            const head = `${line}\r\nContent-Length: ${body.length}\r\n\r\n`
            return Buffer.concat([Buffer.from(head), body])
          }
          const parts = chunks.flatMap(chunk => [
            Buffer.from(`${chunk.length.toString(16)}\r\n`),
            chunk,
            Buffer.from('\r\n'),
          ])
          const head = Buffer.from(`${line}\r\nTransfer-Encoding: chunked\r\n\r\n`)
          return Buffer.concat([head, ...parts, Buffer.from('0\r\n\r\n')])
        })
        const parser = new HttpMessageParser()
        const read = pieces(Buffer.concat(stream), cut).flatMap(piece => parser.receive(piece))
        expect(read.map(({ kind }) => kind)).toEqual(
          messages.map(({ isEvent }) => (isEvent ? 'event' : 'response')),
        )
        const bodies = messages.map(({ chunks, body }) => Buffer.concat(chunks ?? [body]))
        for (const [i, { body }] of read.entries()) {
          expect(Buffer.compare(body, bodies[i] ?? new Uint8Array())).toBe(0)
        }
        expect(parser.pendingLength).toBe(0)
      }),
    )
  })

  it('a request for pairings says what was written into it', () => {
    fc.assert(
      fc.property(pairing, added => {
        for (const request of [
          { method: 'add', pairing: added },
          { method: 'remove', identifier: added.identifier },
          { method: 'list' },
        ] as const) {
          expect(decodePairingsRequest(encodePairingsRequest(request))).toEqual(request)
        }
      }),
    )
  })

  it('an id of any bytes is a string of its own, which JSON keeps', () => {
    const remove = (id: Uint8Array): string => {
      const head = Uint8Array.of(6, 1, 1, 0, 1, 4, 1, id.length)
      const request = decodePairingsRequest(Uint8Array.of(...head, ...id))
      if (request.method !== 'remove') throw new Error('not a removal')
      const { identifier } = request
      expect(identifier.length).toBeLessThanOrEqual(id.length)
      expect(JSON.parse(Buffer.from(JSON.stringify(identifier)).toString())).toBe(identifier)
      expect(encodePairingsRequest(request).subarray(8)).toEqual(id)
      return identifier
    }
    const utf8 = fc.string({ unit: 'binary', minLength: 1, maxLength: 9 })
    const text = utf8.map(string => new Uint8Array(Buffer.from(string)))
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 18 })
    const some = fc.array(fc.oneof(text, bytes), { minLength: 1, maxLength: 4 })
    const id = some
      .map(parts => new Uint8Array(Buffer.concat(parts).subarray(0, 36)))
      .filter(({ length }) => length > 0)
    fc.assert(
      fc.property(id, id, (one, other) => {
        const isSame = Buffer.from(one).equals(other)
        expect(remove(one) === remove(other)).toBe(isSame)
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(text, bytesOfText => {
        expect(remove(bytesOfText)).toBe(Buffer.from(bytesOfText).toString('utf8'))
      }),
    )
  })

  it('pairings always have an administrator, or there are none, and never two of one id', () => {
    const request = fc.oneof(
      fc.record({ method: fc.constant('add' as const), pairing }),
      pairing.map(({ identifier }) => ({ method: 'remove' as const, identifier })),
    )
    const admin: Pairing = { identifier: 'admin', publicKey: key, permissions: 1 }
    fc.assert(
      fc.property(fc.array(request, { maxLength: 30 }), fc.boolean(), (requests, removesSelf) => {
        let all: readonly Pairing[] = [admin]
        const last = { method: 'remove' as const, identifier: 'admin' }
        for (const wanted of removesSelf ? [...requests, last] : requests) {
          const before = all
          const result = applyPairingsRequest(all, wanted, admin)
          all = result.pairings
          expect(result.isChanged).toBe(JSON.stringify(all) !== JSON.stringify(before))
          expect(all.length === 0 || all.some(({ permissions }) => permissions === 1)).toBe(true)
          expect(new Set(all.map(({ identifier }) => identifier)).size).toBe(all.length)
          expect(all.length).toBeLessThanOrEqual(16)
        }
        const { answer } = applyPairingsRequest(all, { method: 'list' }, admin)
        expect(decodePairingsResponse(answer)).toEqual(all)
      }),
    )
  })

  it('any bytes are a message, or an error of ours', () => {
    const crypto = nodeProvider
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        onlyOwnErrors(() => decodePairingsRequest(bytes))
        onlyOwnErrors(() => decodePairingsResponse(bytes))
        onlyOwnErrors(() => new HttpMessageParser().receive(bytes))
        onlyOwnErrors(() => new RecordOpener(crypto, key).open(bytes))
        const controller = setupController()
        next(controller)
        onlyOwnErrors(() => controller.receive(bytes))
        onlyOwnErrors(() => new World().verify().receive(bytes))
        onlyOwnErrors(() => new World().setup().receive(bytes, 0))
      }),
    )
  })
})
