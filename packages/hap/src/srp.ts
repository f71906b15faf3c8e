import { type CryptoProvider, SRP_GENERATOR, SRP_MODULUS } from '@hksv/crypto'

import { concat, fromBigInt, padLeft, stripLeadingZeros, toBigInt, utf8, wipe } from './bytes.ts'

// SRP-6a in the 3072-bit group with SHA-512 (RFC 5054, HomeKit Accessory Protocol R2 §5.5).
//
// Implementations disagree where A, B or S begin with a zero byte: some hash them padded to 384
// bytes, some stripped. Both sides here redraw their secrets until the question does not arise for
// what they choose themselves, and the accessory accepts each variant for what it cannot choose.

const LENGTH = 384
const N = toBigInt(SRP_MODULUS)

/** What an accessory keeps instead of the setup code. */
export interface SrpCredentials {
  /** 16 bytes. */
  readonly salt: Uint8Array
  /** v = g^x, 384 bytes. */
  readonly verifier: Uint8Array
}

/** The accessory's half of an exchange under way. */
export interface SrpServer extends SrpCredentials {
  /** b, 32 bytes, secret. */
  readonly secret: Uint8Array
  /** B, 384 bytes, the first of which is not zero. */
  readonly publicKey: Uint8Array
}

/** What both sides hold after a successful exchange. */
export interface SrpSession {
  /** K, 64 bytes, secret. */
  readonly sessionKey: Uint8Array
  /** The proof to send: M2 of the accessory, M1 of the controller. 64 bytes. */
  readonly proof: Uint8Array
}

/** Draws a salt and computes the verifier of `setupCode` (`DDD-DD-DDD`). */
export function createSrpCredentials(
  crypto: CryptoProvider,
  setupCode: string,
  salt: Uint8Array = crypto.random(16),
): SrpCredentials {
  const x = privateKey(crypto, setupCode, salt)
  return { salt, verifier: crypto.modPow(SRP_GENERATOR, x) }
}

/** Draws b until B has no leading zero: B = kv + g^b. */
export function srpServer(
  crypto: CryptoProvider,
  credentials: SrpCredentials,
  random: (length: number) => Uint8Array,
): SrpServer {
  for (;;) {
    const secret = random(32)
    const publicKey = serverPublicKey(crypto, credentials.verifier, secret)
    if (publicKey[0] !== 0) return { ...credentials, secret, publicKey }
  }
}

/** B = kv + g^b, 384 bytes. */
export function serverPublicKey(
  crypto: CryptoProvider,
  verifier: Uint8Array,
  secret: Uint8Array,
): Uint8Array {
  const product = multiplier(crypto) * toBigInt(verifier)
  const power = toBigInt(crypto.modPow(SRP_GENERATOR, secret))
  return fromBigInt((product + power) % N, LENGTH)
}

/**
 * Checks the controller's A and M1 in every variant of leading zeros, in constant time.
 *
 * @returns The key of the variant that matched and M2, or `undefined` for a wrong code.
 */
export function srpServerVerify(
  crypto: CryptoProvider,
  server: SrpServer,
  publicKeyA: Uint8Array,
  proof: Uint8Array,
): SrpSession | undefined {
  const a = padLeft(publicKeyA, LENGTH)
  const secret = serverSharedSecret(crypto, server, a)
  if (secret === undefined) return undefined
  let found: SrpSession | undefined
  const sessionKeys = [stripLeadingZeros(secret), secret].map(s => crypto.sha512(s))
  wipe(secret)
  for (const sessionKey of sessionKeys) {
    for (const variant of [stripLeadingZeros(a), a]) {
      const expected = clientProof(crypto, server, variant, server.publicKey, sessionKey)
      // Every variant is evaluated, whichever matches.
      if (crypto.equal(expected, proof)) {
        found ??= { sessionKey, proof: serverProof(crypto, a, expected, sessionKey) }
      }
    }
    if (found?.sessionKey !== sessionKey) wipe(sessionKey)
  }
  return found
}

/** The controller's view of an exchange. */
export interface SrpClient extends SrpSession {
  /** A, 384 bytes, the first of which is not zero. */
  readonly publicKey: Uint8Array
  /** @returns Whether the accessory's M2 holds. */
  verify(serverProofM2: Uint8Array): boolean
}

/**
 * Draws a until neither A nor S has a leading zero, so that every accessory computes the same key.
 *
 * @returns `undefined` when the accessory's B is outside 1..N-1.
 */
export function srpClient(
  crypto: CryptoProvider,
  setupCode: string,
  salt: Uint8Array,
  publicKeyB: Uint8Array,
  random: (length: number) => Uint8Array,
): SrpClient | undefined {
  const x = privateKey(crypto, setupCode, salt)
  for (;;) {
    // Wiped below: it must be fresh memory.
    const secret = random(32)
    const publicKey = crypto.modPow(SRP_GENERATOR, secret)
    const shared = clientSharedSecret(crypto, { x, secret, publicKey }, publicKeyB)
    wipe(secret)
    if (shared === undefined) {
      wipe(x)
      return undefined
    }
    if (publicKey[0] === 0 || shared[0] === 0) {
      wipe(shared)
      continue
    }
    const sessionKey = crypto.sha512(shared)
    // B goes into M1 as it came: accessories that shorten it on the wire shorten it in the hash.
    const proof = clientProof(crypto, { salt }, publicKey, publicKeyB, sessionKey)
    wipe(shared, x)
    return {
      publicKey,
      sessionKey,
      proof,
      verify: m2 => crypto.equal(serverProof(crypto, publicKey, proof, sessionKey), m2),
    }
  }
}

/** M1 = H(H(N) xor H(g) | H(I) | salt | A | B | K), of A and B as given. */
export function clientProof(
  crypto: CryptoProvider,
  { salt }: Pick<SrpCredentials, 'salt'>,
  publicKeyA: Uint8Array,
  publicKeyB: Uint8Array,
  sessionKey: Uint8Array,
): Uint8Array {
  const group = crypto.sha512(SRP_MODULUS)
  // Here g is the single byte 05, unlike in k.
  const generator = crypto.sha512(stripLeadingZeros(SRP_GENERATOR))
  for (let i = 0; i < group.length; i++) group[i] = (group[i] ?? 0) ^ (generator[i] ?? 0)
  const user = crypto.sha512(utf8('Pair-Setup'))
  return crypto.sha512(group, user, salt, publicKeyA, publicKeyB, sessionKey)
}

/** M2 = H(A | M1 | K), of A as given. */
export function serverProof(
  crypto: CryptoProvider,
  publicKeyA: Uint8Array,
  proof: Uint8Array,
  sessionKey: Uint8Array,
): Uint8Array {
  return crypto.sha512(publicKeyA, proof, sessionKey)
}

/** @returns Whether A = 0 mod N, with which S would be 0 whatever the setup code. */
export function isZeroKey(publicKeyA: Uint8Array): boolean {
  return toBigInt(publicKeyA) % N === 0n
}

/** S = (A v^u)^b, 384 bytes; `undefined` when A or a product is degenerate. */
export function serverSharedSecret(
  crypto: CryptoProvider,
  server: SrpServer,
  publicKeyA: Uint8Array,
): Uint8Array | undefined {
  const u = scrambler(crypto, publicKeyA, server.publicKey)
  if (toBigInt(u) === 0n) return undefined
  // Zero for each A that is a multiple of N.
  const base = (toBigInt(publicKeyA) * toBigInt(crypto.modPow(server.verifier, u))) % N
  if (base <= 1n || base === N - 1n) return undefined
  return crypto.modPow(fromBigInt(base, LENGTH), server.secret)
}

/** S = (B - k g^x)^(a + ux), as ((B - k g^x)^a) ((B - k g^x)^u)^x to keep exponents short. */
function clientSharedSecret(
  crypto: CryptoProvider,
  own: { x: Uint8Array; secret: Uint8Array; publicKey: Uint8Array },
  publicKeyB: Uint8Array,
): Uint8Array | undefined {
  const b = toBigInt(publicKeyB)
  const u = scrambler(crypto, own.publicKey, publicKeyB)
  if (b === 0n || b >= N || toBigInt(u) === 0n) return undefined
  const verifier = toBigInt(crypto.modPow(SRP_GENERATOR, own.x))
  const base = (((b - multiplier(crypto) * verifier) % N) + N) % N
  if (base <= 1n || base === N - 1n) return undefined
  const bytes = fromBigInt(base, LENGTH)
  const first = toBigInt(crypto.modPow(bytes, own.secret))
  const second = toBigInt(crypto.modPow(crypto.modPow(bytes, u), own.x))
  return fromBigInt((first * second) % N, LENGTH)
}

/** x = H(salt | H("Pair-Setup:" code)). */
function privateKey(crypto: CryptoProvider, setupCode: string, salt: Uint8Array): Uint8Array {
  return crypto.sha512(salt, crypto.sha512(utf8(`Pair-Setup:${setupCode}`)))
}

/** u = H(PAD(A) | PAD(B)). */
function scrambler(crypto: CryptoProvider, a: Uint8Array, b: Uint8Array): Uint8Array {
  return crypto.sha512(concat(padLeft(a, LENGTH), padLeft(b, LENGTH)))
}

/** k = H(N | PAD(g)). */
function multiplier(crypto: CryptoProvider): bigint {
  return toBigInt(crypto.sha512(SRP_MODULUS, padLeft(SRP_GENERATOR, LENGTH)))
}
