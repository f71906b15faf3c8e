import { createHash, getDiffieHellman } from 'node:crypto'
import { SRP_GENERATOR, SRP_MODULUS } from '@hksv/crypto'
import fc from 'fast-check'
import { SRP, SrpClient, SrpServer } from 'fast-srp-hap'
import { describe, expect, it } from 'vitest'

import { backends, toHex } from './vector.ts'

const user = Buffer.from('Pair-Setup')
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 })
const few = { numRuns: 10 }

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x0${toHex(bytes)}`)
}

/** fast-srp-hap does not pad its numbers on every path. */
function padded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').padStart(768, '0')
}

describe('the group', () => {
  it('is that of RFC 3526 with the generator of HAP', () => {
    expect(toHex(SRP_MODULUS)).toBe(getDiffieHellman('modp15').getPrime('hex'))
    expect(toHex(SRP_GENERATOR)).toBe('05')
    expect(toHex(SRP_MODULUS)).toBe(SRP.params.hap.N.toString(16))
  })
})

describe.each(backends)('backend $name against fast-srp-hap', crypto => {
  it('makes the same verifier', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.string({ minLength: 8, maxLength: 12, unit: 'binary-ascii' }),
        (salt, code) => {
          const inner = createHash('sha512').update(`Pair-Setup:${code}`).digest()
          const x = createHash('sha512').update(salt).update(inner).digest()
          const witness = SRP.computeVerifier(
            SRP.params.hap,
            Buffer.from(salt),
            user,
            Buffer.from(code),
          )
          expect(toHex(crypto.modPow(SRP_GENERATOR, x))).toBe(padded(witness))
        },
      ),
      few,
    )
  })

  it('makes the same public key and the same secret of a session', () => {
    fc.assert(
      fc.property(secret, secret, (a, b) => {
        const salt = Buffer.alloc(16, 1)
        const code = Buffer.from('031-45-154')
        const verifier = SRP.computeVerifier(SRP.params.hap, salt, user, code)
        const client = new SrpClient(SRP.params.hap, salt, user, code, Buffer.from(a))
        const server = new SrpServer(SRP.params.hap, verifier, Buffer.from(b))
        const publicA = client.computeA()
        server.setA(publicA)
        expect(toHex(crypto.modPow(SRP_GENERATOR, a))).toBe(padded(publicA))

        const N = toBigInt(SRP_MODULUS)
        const u = crypto.sha512(Buffer.from(padded(publicA), 'hex'), server.computeB())
        const base = (toBigInt(publicA) * toBigInt(crypto.modPow(verifier, u))) % N
        const shared = crypto.modPow(Buffer.from(base.toString(16).padStart(768, '0'), 'hex'), b)
        expect(toHex(crypto.sha512(shared))).toBe(server.computeK().toString('hex'))
      }),
      few,
    )
  })
})
