/**
 * The prime N of the 3072-bit group, 384 bytes big-endian.
 *
 * @see RFC 5054 appendix A
 */
export const SRP_MODULUS: Uint8Array = fromHex(`
  ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd
  ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed
  ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f
  83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b
  e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510
  15728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7
  abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200c
  bbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff`)

/** The generator of the group: 5. */
export const SRP_GENERATOR: Uint8Array = Uint8Array.of(5)

/** Bytes of a number of the group. */
const SRP_LENGTH = 384

const N: bigint = toBigInt(SRP_MODULUS)

/** Big-endian. */
export function toBigInt(bytes: Uint8Array): bigint {
  let hex = '0x0'
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return BigInt(hex)
}

/** Big-endian, left-padded with zeros to 384 bytes. */
export function fromBigInt(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(2 * SRP_LENGTH, '0'))
}

/**
 * Checks the arguments of a modular exponentiation.
 *
 * @returns The base modulo N and the exponent.
 * @throws RangeError as `CryptoProvider.modPow` says.
 */
export function checkModPow(
  base: Uint8Array,
  exponent: Uint8Array,
): { base: bigint; exponent: bigint } {
  const reduced = toBigInt(base) % N
  if (reduced < 2n || reduced > N - 2n) throw new RangeError('the base modulo N is not in 2..N-2')
  const power = toBigInt(exponent)
  if (power === 0n) throw new RangeError('the exponent is zero')
  if (exponent.length > 64) throw new RangeError('the exponent is longer than 64 bytes')
  return { base: reduced, exponent: power }
}

/** Left-to-right with windows of four bits. Not constant in time, as JavaScript cannot be. */
export function bigIntModPow(base: bigint, exponent: bigint): bigint {
  const table = [1n]
  for (let i = 1; i < 16; i++) table.push(((table[i - 1] ?? 0n) * base) % N)
  let result = 1n
  for (const digit of exponent.toString(16)) {
    for (let i = 0; i < 4; i++) result = (result * result) % N
    result = (result * (table[Number.parseInt(digit, 16)] ?? 0n)) % N
  }
  return result
}

function fromHex(text: string): Uint8Array {
  const hex = text.replaceAll(/\s/g, '')
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  )
}
