import { SRP_GENERATOR, SRP_MODULUS } from '../srp-group.ts'

// Node imports raw keys only inside PKCS#8 and SPKI, so the few bytes around them are written here.

const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OID = 0x06
const SEQUENCE = 0x30

/** 1.3.101.110, 1.3.101.112 (RFC 8410) and 1.2.840.113549.1.3.1 (PKCS #3). */
const oids = {
  x25519: Buffer.from('2b656e', 'hex'),
  ed25519: Buffer.from('2b6570', 'hex'),
  dh: Buffer.from('2a864886f70d010301', 'hex'),
} as const

/** An X25519 or Ed25519 private key. @see RFC 8410 §7 */
export function privateKeyDer(curve: 'x25519' | 'ed25519', seed: Uint8Array): Buffer {
  const algorithm = element(SEQUENCE, element(OID, oids[curve]))
  const key = element(OCTET_STRING, element(OCTET_STRING, seed))
  return element(SEQUENCE, integer(Uint8Array.of(0)), algorithm, key)
}

// With generator 2 OpenSSL would take the group for modp_3072 and insist on its subgroup, which SRP
// values do not keep to.
const dhAlgorithm = element(
  SEQUENCE,
  element(OID, oids.dh),
  element(SEQUENCE, integer(SRP_MODULUS), integer(SRP_GENERATOR)),
)

/** The exponent as a private Diffie-Hellman key of the SRP group. @see PKCS #3, RFC 5208 */
export function dhPrivateKeyDer(exponent: Uint8Array): Buffer {
  const key = element(OCTET_STRING, integer(exponent))
  return element(SEQUENCE, integer(Uint8Array.of(0)), dhAlgorithm, key)
}

/** The base as a public Diffie-Hellman key of the SRP group. */
export function dhPublicKeyDer(base: Uint8Array): Buffer {
  return element(SEQUENCE, dhAlgorithm, element(BIT_STRING, Uint8Array.of(0), integer(base)))
}

function integer(bigEndian: Uint8Array): Buffer {
  let at = 0
  while (at < bigEndian.length - 1 && bigEndian[at] === 0) at++
  const digits = bigEndian.subarray(at)
  // A leading bit would make it negative.
  const isNegative = ((digits[0] ?? 0) & 0x80) !== 0
  return element(INTEGER, ...(isNegative ? [Uint8Array.of(0)] : []), digits)
}

function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Uint8Array.of(tag, ...size), ...content])
}
