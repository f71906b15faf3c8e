export type { Aead, AgreementKey, CryptoProvider, SigningKey } from './provider.ts'
