import { describe, expect, it } from 'vitest'

import { backends, cut, fromHex, isLegal, isMisuse, isRefused, rows, toHex } from './vector.ts'

interface AeadRow {
  readonly key: string
  readonly nonce: string
  readonly aad: string
  readonly plaintext: string
  readonly hex: string
  readonly tag: string
}

interface SignatureRow {
  readonly seed: string
  readonly publicKey: string
  readonly message: string
  readonly hex: string
}

interface AgreementRow {
  readonly scalar: string
  readonly publicKey: string
  readonly peerPublicKey: string
  readonly iterations?: number
  readonly hex: string
}

interface HkdfRow {
  readonly inputKey: string
  readonly salt?: string
  readonly saltText?: string
  readonly info?: string
  readonly infoText?: string
  readonly length: number
  readonly hex?: string
  readonly sha512?: string
}

interface HashRow {
  readonly message: string
  readonly repeat?: number
  readonly hex: string
}

interface PowerRow {
  readonly base: string
  readonly exponent: string
  readonly hex: string
}

const aead = rows<AeadRow>('chacha20-poly1305')
const ed25519 = rows<SignatureRow>('ed25519')
const x25519 = rows<AgreementRow>('x25519')
const hkdf = rows<HkdfRow>('hkdf-sha512')
const group = rows<PowerRow>('srp-group')

describe.each(backends)('backend $name', crypto => {
  describe('ChaCha20-Poly1305', () => {
    it.each(aead.filter(isLegal))('seals and opens: $name', row => {
      const [key, nonce, aad] = [fromHex(row.key), fromHex(row.nonce), fromHex(row.aad)]
      const sealed = crypto.aead(key).seal(nonce, aad, [fromHex(row.plaintext)])
      expect(sealed.map(toHex)).toEqual([row.hex, row.tag])
      const opened = crypto.aead(key).open(nonce, aad, fromHex(row.hex), fromHex(row.tag))
      expect(toHex(opened)).toBe(row.plaintext)
    })

    it.each(aead.filter(isRefused))('does not open: $name', row => {
      const box = crypto.aead(fromHex(row.key))
      const [nonce, aad] = [fromHex(row.nonce), fromHex(row.aad)]
      expect(box.open(nonce, aad, fromHex(row.hex), fromHex(row.tag))).toBeUndefined()
    })

    it.each(aead.filter(isMisuse))('throws: $name', row => {
      const [nonce, aad] = [fromHex(row.nonce), fromHex(row.aad)]
      const hex = fromHex(row.hex)
      expect(() => crypto.aead(fromHex(row.key)).seal(nonce, aad, [hex])).toThrow(RangeError)
      expect(() => crypto.aead(fromHex(row.key)).open(nonce, aad, hex, fromHex(row.tag))).toThrow(
        RangeError,
      )
    })

    it.each(aead.filter(isLegal))('opens no cut of: $name', row => {
      const box = crypto.aead(fromHex(row.key))
      const [nonce, aad, ciphertext] = [fromHex(row.nonce), fromHex(row.aad), fromHex(row.hex)]
      const tag = fromHex(row.tag)
      for (let length = 0; length < Math.min(ciphertext.length, 140); length++) {
        expect(box.open(nonce, aad, ciphertext.subarray(0, length), tag)).toBeUndefined()
      }
      for (let length = 0; length < tag.length; length++) {
        expect(box.open(nonce, aad, ciphertext, tag.subarray(0, length))).toBeUndefined()
      }
    })
  })

  describe('Ed25519', () => {
    it.each(ed25519.filter(isLegal))('signs and verifies: $name', row => {
      const key = crypto.ed25519(fromHex(row.seed))
      const message = fromHex(row.message)
      expect(toHex(key.publicKey)).toBe(row.publicKey)
      expect(toHex(key.sign(message))).toBe(row.hex)
      expect(crypto.ed25519Verify(fromHex(row.publicKey), message, fromHex(row.hex))).toBe(true)
    })

    it.each(ed25519.filter(isRefused))('does not verify: $name', row => {
      const { publicKey, message, hex } = row
      expect(crypto.ed25519Verify(fromHex(publicKey), fromHex(message), fromHex(hex))).toBe(false)
    })

    it.each(ed25519.filter(isMisuse))('throws: $name', ({ seed }) => {
      expect(() => crypto.ed25519(fromHex(seed))).toThrow(RangeError)
    })
  })

  describe('X25519', () => {
    it.each(x25519.filter(isLegal))('agrees: $name', row => {
      expect(toHex(crypto.x25519(fromHex(row.scalar)).publicKey)).toBe(row.publicKey)
      let [scalar, coordinate] = [fromHex(row.scalar), fromHex(row.peerPublicKey)]
      for (let left = row.iterations ?? 1; left > 0; left--) {
        const secret = crypto.x25519(scalar).agree(coordinate)
        if (secret === undefined) throw new Error(`refused with ${left} iterations left`)
        ;[scalar, coordinate] = [secret, scalar]
      }
      expect(toHex(scalar)).toBe(row.hex)
    })

    it.each(x25519.filter(isRefused))('does not agree: $name', row => {
      const { scalar, peerPublicKey } = row
      expect(crypto.x25519(fromHex(scalar)).agree(fromHex(peerPublicKey))).toBeUndefined()
    })

    it.each(x25519.filter(isMisuse))('throws: $name', ({ scalar }) => {
      expect(() => crypto.x25519(fromHex(scalar))).toThrow(RangeError)
    })
  })

  describe('HKDF-SHA-512', () => {
    const derive = (row: HkdfRow): Uint8Array => {
      const salt = row.saltText ?? fromHex(row.salt ?? '')
      const info = row.infoText ?? fromHex(row.info ?? '')
      return crypto.hkdfSha512(fromHex(row.inputKey), salt, info, row.length)
    }

    it.each(hkdf.filter(isLegal))('derives: $name', row => {
      const output = derive(row)
      expect(output.length).toBe(row.length)
      if (row.hex !== undefined) expect(toHex(output)).toBe(row.hex)
      else expect(toHex(crypto.sha512(output))).toBe(row.sha512)
    })

    it.each(hkdf.filter(row => row.saltText !== undefined && isLegal(row)))(
      'takes salt and info as bytes too: $name',
      row => {
        const [salt = '', info = ''] = [row.saltText, row.infoText]
        const bytes = crypto.hkdfSha512(
          fromHex(row.inputKey),
          Uint8Array.from(Buffer.from(salt)),
          Uint8Array.from(Buffer.from(info)),
          row.length,
        )
        expect(toHex(bytes)).toBe(row.hex)
      },
    )

    it.each(hkdf.filter(isMisuse))('throws: $name', row => {
      expect(() => derive(row)).toThrow(RangeError)
    })
  })

  it.each(rows<HashRow>('sha512'))('SHA-512: $name, in one part and in several', row => {
    const message = fromHex(row.message.repeat(row.repeat ?? 1))
    expect(toHex(crypto.sha512(message))).toBe(row.hex)
    const middle = message.length >> 1
    expect(toHex(crypto.sha512(...cut(message, 0, middle, middle)))).toBe(row.hex)
  })

  describe('the SRP group', () => {
    it.each(group.filter(isLegal))('raises: $name', ({ base, exponent, hex }) => {
      expect(toHex(crypto.modPow(fromHex(base), fromHex(exponent)))).toBe(hex)
    })

    it.each(group.filter(isMisuse))('throws: $name', ({ base, exponent }) => {
      expect(() => crypto.modPow(fromHex(base), fromHex(exponent))).toThrow(RangeError)
    })
  })
})
