import {
  bytes,
  optional,
  type TlvSchema,
  type TlvTable,
  tlvSchema,
  uint8,
  uintMinimal,
} from '@hksv/tlv8'

import { HapError } from './errors.ts'

/** Values of the Method item. @see HomeKit Accessory Protocol R2 table 5-3 */
export const pairingMethod = {
  pairSetup: 0,
  pairSetupWithAuth: 1,
  pairVerify: 2,
  addPairing: 3,
  removePairing: 4,
  listPairings: 5,
} as const

/** Values of the Error item. @see HomeKit Accessory Protocol R2 table 5-5 */
export const pairingError = {
  unknown: 1,
  authentication: 2,
  backoff: 3,
  maxPeers: 4,
  maxTries: 5,
  unavailable: 6,
  busy: 7,
} as const

/** A value of {@link pairingError}. */
export type PairingError = (typeof pairingError)[keyof typeof pairingError]

/** Bit 0 of the Permissions item: this controller may manage pairings. */
export const ADMIN = 0x01

/** Items of the messages of `/pair-setup`, `/pair-verify` and `/pairings`. */
export interface PairingMessage {
  method?: number
  /** At most 36 bytes. */
  identifier?: Uint8Array
  /** 16 bytes. */
  salt?: Uint8Array
  /** SRP: 1..384 bytes; Ed25519 and X25519: 32. */
  publicKey?: Uint8Array
  /** 64 bytes. */
  proof?: Uint8Array
  /** Ciphertext and 16-byte tag. */
  encryptedData?: Uint8Array
  state?: number
  error?: number
  /** 64 bytes. */
  signature?: Uint8Array
  permissions?: number
  flags?: number
}

const table: TlvTable<PairingMessage> = {
  state: optional(0x06, uint8),
  error: optional(0x07, uint8),
  method: optional(0x00, uint8),
  identifier: optional(0x01, bytes({ min: 1, max: 36 })),
  salt: optional(0x02, bytes({ length: 16 })),
  publicKey: optional(0x03, bytes({ min: 1, max: 384 })),
  proof: optional(0x04, bytes({ length: 64 })),
  encryptedData: optional(0x05, bytes({ min: 16, max: 1024 })),
  signature: optional(0x0a, bytes({ length: 64 })),
  permissions: optional(0x0b, uint8),
  flags: optional(0x13, uintMinimal),
}

/** @see HomeKit Accessory Protocol R2 table 5-6 */
export const pairingMessage: TlvSchema<PairingMessage> = tlvSchema<PairingMessage>(table)

/** What an accessory proves itself with that has a coprocessor: there is a certificate in it. */
export const certifiedMessage: TlvSchema<PairingMessage> = tlvSchema<PairingMessage>({
  ...table,
  encryptedData: optional(0x05, bytes({ min: 16, max: 4096 })),
})

/** @throws HapError `PAIR_MALFORMED` */
export function decodePairingMessage(
  body: Uint8Array,
  schema: TlvSchema<PairingMessage> = pairingMessage,
): PairingMessage {
  try {
    return schema.decode(body)
  } catch (cause) {
    throw new HapError('PAIR_MALFORMED', { cause })
  }
}

/** Which State items are heard where, and where they lead. */
export type Transitions<At extends string> = Readonly<Record<At, Readonly<Record<number, At>>>>

/** @throws HapError `PAIR_UNEXPECTED_STATE` unless the table lists the message's State at `at`. */
export function checkTransition<At extends string>(
  table: Transitions<At>,
  at: At,
  { state = -1 }: PairingMessage,
): void {
  if (table[at][state] === undefined) throw new HapError('PAIR_UNEXPECTED_STATE')
}

/** A message that only reports an error. */
export function errorMessage(state: number, error: PairingError): Uint8Array {
  return pairingMessage.encode({ state, error })
}

/**
 * Checks what an accessory answered.
 *
 * @throws HapError `PAIR_REFUSED` when the answer holds an error, `PAIR_UNEXPECTED_STATE` when it is
 * not of state `state`.
 */
export function expectState(message: PairingMessage, state: number): void {
  if (message.error !== undefined) {
    const name = Object.entries(pairingError).find(([, code]) => code === message.error)?.[0]
    throw new HapError('PAIR_REFUSED', {
      detail: name ?? `error ${message.error}`,
      pairingError: message.error,
    })
  }
  if (message.state !== state) {
    throw new HapError('PAIR_UNEXPECTED_STATE', { detail: `state ${message.state}, not ${state}` })
  }
}
