/**
 * What the other packages need of cryptography, in portable JavaScript.
 *
 * @module crypto
 */

export { portableProvider } from './portable.ts'
export type { Aead, AgreementKey, CryptoProvider, SigningKey } from './provider.ts'
export { SRP_GENERATOR, SRP_MODULUS } from './srp-group.ts'
