import { createHash } from 'node:crypto'
import {
  createSrpCredentials,
  type SrpServer as Server,
  serverPublicKey,
  srpClient,
  srpServer,
  srpServerVerify,
} from '@hksv/hap'
import { SRP, SrpClient, SrpServer } from 'fast-srp-hap'
import { describe, expect, it } from 'vitest'

import { fromHex, providers, toHex, vectors } from './vector.ts'
import { credentials, memoized, seeded } from './world.ts'

// fast-srp-hap is somebody else's SRP, the one of HAP-NodeJS: it hashes A, B and S padded.
const user = Buffer.from('Pair-Setup')
const { setupCode } = vectors<unknown, { setupCode: string }>('srp')
const salt = Buffer.from(credentials.salt)
const password = Buffer.from(setupCode)
/** Each takes a quarter of a second of theirs; more by hand: RUNS=500. */
const RUNS = Number(process.env['RUNS'] ?? 12)

const named = (name: string): Uint8Array =>
  new Uint8Array(createHash('sha256').update(name).digest())

function foreignClient(secret: Uint8Array): SrpClient {
  return new SrpClient(SRP.params.hap, salt, user, password, Buffer.from(secret), true)
}

function foreignServer(secret: Uint8Array): SrpServer {
  return new SrpServer(SRP.params.hap, salt, user, password, Buffer.from(secret))
}

/** Pairs their controller with our accessory, of which b is given. */
function pairClient(crypto: (typeof providers)[number], secretA: Uint8Array, server: Server): void {
  const client = foreignClient(secretA)
  client.setB(Buffer.from(server.publicKey))
  const session = srpServerVerify(crypto, server, client.computeA(), client.computeM1())
  expect(session).toBeDefined()
  expect(toHex(session?.sessionKey ?? new Uint8Array())).toBe(toHex(client.computeK()))
  client.checkM2(Buffer.from(session?.proof ?? []))
}

/** Pairs our controller with their accessory. */
function pairServer(
  crypto: (typeof providers)[number],
  random: (length: number) => Uint8Array,
  secretB: Uint8Array,
): void {
  const server = foreignServer(secretB)
  const publicKeyB = server.computeB()
  const client = srpClient(crypto, setupCode, salt, publicKeyB, random)
  if (client === undefined) throw new Error('B was refused')
  server.setA(Buffer.from(client.publicKey))
  server.checkM1(Buffer.from(client.proof))
  expect(toHex(client.sessionKey)).toBe(toHex(server.computeK()))
  expect(client.verify(new Uint8Array(server.computeM2()))).toBe(true)
  expect(client.verify(new Uint8Array(64))).toBe(false)
}

describe.each(providers.map(memoized))('fast-srp-hap and the $name backend', crypto => {
  it('compute the same verifier', () => {
    const theirs = SRP.computeVerifier(SRP.params.hap, salt, user, password)
    const ours = createSrpCredentials(crypto, setupCode, credentials.salt)
    expect(toHex(ours.verifier)).toBe(toHex(theirs))
  })

  const timeout = 1000 * RUNS
  it(`agree ${RUNS} times, their controller and our accessory`, { timeout }, () => {
    const random = seeded(`witness ${crypto.name}`)
    for (let run = 0; run < RUNS; run++) {
      pairClient(crypto, random(32), srpServer(crypto, credentials, random))
    }
  })

  it(`agree ${RUNS} times, our controller and their accessory`, { timeout }, () => {
    const random = seeded(`witness of the controller ${crypto.name}`)
    for (let run = 0; run < RUNS; run++) pairServer(crypto, random, random(32))
  })

  // V2, V3, V4 of the vectors, and A and S at once.
  it.each([
    ['A', 'a85', 'b1'],
    ['S', 'a592', 'b1000000000'],
    ['A and S', 'a85', 'd354'],
    ['B', 'a1', 'b52'],
  ])('agree where %s begins with 00, their controller', (_what, a, b) => {
    const secret = named(b)
    const publicKey = serverPublicKey(crypto, credentials.verifier, secret)
    pairClient(crypto, named(a), { ...credentials, secret, publicKey })
  })

  it('agree where B begins with 00, their accessory', () => {
    expect(foreignServer(named('b52')).computeB()[0]).toBe(0)
    pairServer(crypto, seeded('a'), named('b52'))
  })

  it('disagree about a wrong code', () => {
    const server = srpServer(crypto, credentials, seeded('b'))
    const wrong = Buffer.from('031-45-155')
    const client = new SrpClient(SRP.params.hap, salt, user, wrong, Buffer.from(named('a1')), true)
    client.setB(Buffer.from(server.publicKey))
    const proof = client.computeM1()
    expect(srpServerVerify(crypto, server, client.computeA(), proof)).toBeUndefined()
  })

  it('takes the proof of a short A as both sides of the field write it', () => {
    const server = srpServer(crypto, credentials, seeded('short'))
    const client = foreignClient(named('a85'))
    client.setB(Buffer.from(server.publicKey))
    const short = fromHex(toHex(client.computeA()).slice(2))
    expect(srpServerVerify(crypto, server, short, client.computeM1())).toBeDefined()
  })
})
