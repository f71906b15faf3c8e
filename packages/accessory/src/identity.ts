import type { CryptoProvider } from '@hksv/crypto'
import {
  type AccessoryIdentity,
  createSrpCredentials,
  generateDeviceId,
  generateSetupCode,
  generateSetupId,
  type SrpCredentials,
} from '@hksv/hap'

import type { StoredIdentity } from './storage/schemas.ts'
import type { Store } from './storage/store.ts'

/** Who the accessory is and how it is paired with. */
export interface Identity {
  readonly accessory: AccessoryIdentity
  readonly setupId: string
  readonly credentials: SrpCredentials
  /** `DDD-DD-DDD`, as long as nobody is paired. */
  readonly setupCode: string | undefined
}

/**
 * Takes the identity from the store, or makes one at the first start.
 *
 * Without `setupCode` a code is drawn once and kept until somebody pairs; from then on only its salt
 * and verifier are on the disk.
 *
 * @param setupCode `DDD-DD-DDD`, from `parseSetupCode`.
 */
export async function openIdentity(
  crypto: CryptoProvider,
  store: Store,
  setupCode: string | undefined,
): Promise<Identity> {
  const { identity: stored, pairings } = store.initial
  const isPaired = (pairings?.pairings.length ?? 0) > 0
  if (stored === undefined) {
    // In this order: see openStore.
    await store.pairings.save({ failedAttempts: 0, pairings: [] })
  }
  // Whoever is paired needs no code; whoever is not must be able to read one.
  const drawn = () => generateSetupCode(length => crypto.random(length))
  const code = setupCode ?? (isPaired ? undefined : (stored?.setupCode ?? drawn()))
  const identity: StoredIdentity = {
    ...(stored ?? createIdentity(crypto)),
    ...credentialsFor(crypto, stored, code),
    setupCode: isPaired ? undefined : code,
  }
  await saveIdentity(store, identity)
  return {
    accessory: {
      identifier: identity.deviceId,
      longTermKey: crypto.ed25519(fromHex(identity.longTermSeed)),
    },
    setupId: identity.setupId,
    credentials: { salt: fromHex(identity.salt), verifier: fromHex(identity.verifier) },
    setupCode: identity.setupCode,
  }
}

/** Removes the code from the disk once somebody is paired. */
export async function forgetSetupCode(store: Store): Promise<void> {
  const identity = await store.identity.load()
  if (identity?.setupCode === undefined) return
  const { setupCode: _, ...rest } = identity
  await saveIdentity(store, rest)
}

/**
 * Makes the accessory pairable again when nobody is paired any more.
 *
 * @param known The code that its owner may still have; another is drawn without it.
 * @returns The code, which is on the disk again, and what pair-setup needs of it.
 */
export async function renewSetupCode(
  crypto: CryptoProvider,
  store: Store,
  known: string | undefined,
): Promise<Pick<Identity, 'credentials'> & { readonly setupCode: string }> {
  const stored = await store.identity.load()
  if (stored === undefined) throw new Error('an accessory that runs has an identity')
  const setupCode = known ?? generateSetupCode(length => crypto.random(length))
  const { salt, verifier } = credentialsFor(crypto, stored, setupCode)
  await saveIdentity(store, { ...stored, salt, verifier, setupCode })
  return { setupCode, credentials: { salt: fromHex(salt), verifier: fromHex(verifier) } }
}

/** A code that is gone must be gone from the generation before as well. */
function saveIdentity(store: Store, identity: StoredIdentity): Promise<void> {
  return store.identity.save(identity, { alsoPrevious: identity.setupCode === undefined })
}

function createIdentity(
  crypto: CryptoProvider,
): Omit<StoredIdentity, 'salt' | 'verifier' | 'setupCode'> {
  const random = (length: number) => crypto.random(length)
  return {
    deviceId: generateDeviceId(random),
    longTermSeed: toHex(crypto.random(32)),
    setupId: generateSetupId(random),
  }
}

/** Keeps the verifier as long as it is the code's. */
function credentialsFor(
  crypto: CryptoProvider,
  stored: StoredIdentity | undefined,
  code: string | undefined,
): Pick<StoredIdentity, 'salt' | 'verifier'> {
  if (stored !== undefined && (code === undefined || matches(crypto, stored, code))) {
    const { salt, verifier } = stored
    return { salt, verifier }
  }
  const { salt, verifier } = createSrpCredentials(crypto, code ?? '')
  return { salt: toHex(salt), verifier: toHex(verifier) }
}

function matches(crypto: CryptoProvider, identity: StoredIdentity, code: string): boolean {
  const { verifier } = createSrpCredentials(crypto, code, fromHex(identity.salt))
  return crypto.equal(verifier, fromHex(identity.verifier))
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
