/**
 * ChaCha20-Poly1305 under one key (RFC 8439: 12-byte nonce, 16-byte tag).
 *
 * Keep one per key: importing a key costs more than sealing a small record.
 */
export interface Aead {
  /**
   * Encrypts the concatenation of `parts` without joining them.
   *
   * @returns One ciphertext piece per part, of the same lengths, then the 16-byte tag. All are
   * fresh memory that belongs to the caller.
   * @throws RangeError unless `nonce` is 12 bytes.
   */
  seal(nonce: Uint8Array, aad: Uint8Array, parts: readonly Uint8Array[]): Uint8Array[]

  /**
   * Decrypts `ciphertext` (tag excluded) if `tag` is right.
   *
   * @returns The plaintext in fresh memory, or `undefined` when the tag does not match or is not 16
   * bytes. Nothing says which.
   * @throws RangeError unless `nonce` is 12 bytes.
   */
  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertext: Uint8Array,
    tag: Uint8Array,
  ): Uint8Array | undefined
}

/** An Ed25519 key pair (RFC 8032), imported once from its 32-byte seed. */
export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** @returns The 64-byte signature of `message`. */
  sign(message: Uint8Array): Uint8Array
}

/** An X25519 key pair (RFC 7748), imported once from its 32-byte scalar. */
export interface AgreementKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /**
   * @returns The 32-byte shared secret, or `undefined` when the peer's key is not 32 bytes or is a
   * point of low order, whose secret would be all zero.
   */
  agree(peerPublicKey: Uint8Array): Uint8Array | undefined
}

/**
 * Everything HAP and HDS need of cryptography, and nothing of either protocol.
 *
 * Two backends exist, `node` on node:crypto and `portable` in JavaScript; both pass the same
 * vectors. A program chooses once ({@link CryptoProvider} from `@hksv/crypto/node` or
 * `@hksv/crypto`) and hands the provider to every machine.
 */
export interface CryptoProvider {
  /** Which backend this is. */
  readonly name: 'node' | 'portable'

  /**
   * @returns `length` bytes from the platform's secure generator, in fresh memory.
   * @throws RangeError unless `length` is an integer of 0 or more.
   */
  random(length: number): Uint8Array

  /** @returns The 64-byte SHA-512 of the concatenation of `parts`. */
  sha512(...parts: readonly Uint8Array[]): Uint8Array

  /**
   * HKDF-SHA-512 (RFC 5869). Salt and info are given as bytes, or as ASCII text.
   *
   * @returns `length` bytes.
   * @throws RangeError unless `length` is 0 to 16,320 and `info` at most 1,024 bytes.
   */
  hkdfSha512(
    inputKey: Uint8Array,
    salt: Uint8Array | string,
    info: Uint8Array | string,
    length: number,
  ): Uint8Array

  /**
   * Imports a key; its bytes may be wiped afterwards.
   *
   * @throws RangeError unless `key` is 32 bytes.
   */
  aead(key: Uint8Array): Aead

  /**
   * Makes the key pair of a seed; its bytes may be wiped afterwards.
   *
   * @throws RangeError unless `seed` is 32 bytes.
   */
  ed25519(seed: Uint8Array): SigningKey

  /**
   * Verifies a pure Ed25519 signature. Wrong lengths, invalid points and an S that is not below the
   * order of the group (RFC 8032 §5.1.7) are `false`.
   */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean

  /**
   * Makes the key pair of a scalar, clamped as RFC 7748 §5 says; its bytes may be wiped afterwards.
   *
   * @throws RangeError unless `scalar` is 32 bytes.
   */
  x25519(scalar: Uint8Array): AgreementKey

  /**
   * `base ^ exponent mod N` in the 3072-bit group of RFC 5054 (see {@link SRP_MODULUS}), all
   * numbers big-endian. A base of another length than 384 bytes is taken as the number it is.
   *
   * @returns 384 bytes, left-padded with zeros.
   * @throws RangeError unless base mod N is in 2..N-2 and the exponent is at most 64 bytes and not
   * zero.
   */
  modPow(base: Uint8Array, exponent: Uint8Array): Uint8Array

  /** Compares in time that depends on the lengths only. Different lengths are unequal. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}
