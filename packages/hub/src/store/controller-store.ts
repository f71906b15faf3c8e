import { access, chmod, constants, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { CryptoProvider } from '@hksv/crypto'
import type { ControllerIdentity } from '@hksv/hap'
import { v4 as uuid } from 'uuid'
import * as v from 'valibot'

import type { PairingStore } from './pairing-store.ts'
import {
  createSecureFile,
  readSecureFile,
  removeSecureFile,
  storeDamaged,
  storeUnusable,
  writeSecureFile,
} from './secure-file.ts'

/** An accessory that this controller is paired with. */
export interface StoredAccessory {
  /** `XX:XX:XX:XX:XX:XX` */
  readonly deviceId: string
  /** Ed25519, 32 bytes in hex. */
  readonly longTermPublicKey: string
  /** Where it was last reached. */
  readonly host: string
  readonly port: number
  /** Its name, once it was read. */
  readonly name?: string | undefined
  /** ISO 8601. */
  readonly pairedAt: string
}

const hex32 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const deviceIdSchema = v.pipe(v.string(), v.regex(/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/))
const controllerSchema = v.object({
  identifier: v.pipe(v.string(), v.uuid()),
  longTermSeed: hex32,
})
const accessorySchema: v.GenericSchema<unknown, StoredAccessory> = v.object({
  deviceId: deviceIdSchema,
  longTermPublicKey: hex32,
  host: v.pipe(v.string(), v.minLength(1)),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  name: v.optional(v.string()),
  pairedAt: v.string(),
})

const ACCESSORY_FILE = /^accessory-([0-9A-F]{12})\.json$/
const CONTROLLER_WAY_OUT =
  'Put a backup back. Without it every accessory paired from this directory has to be reset; to ' +
  'start over as a new controller, move the whole directory away.'
const ACCESSORY_WAY_OUT = 'Put a backup back, or delete it, reset the accessory and pair it again.'

/**
 * Who this controller is and what it is paired with: a directory (0700) of JSON files (0600), each
 * with a checksum, each written so that kill -9 leaves the old or the new one.
 *
 * @example
 * const store = await ControllerStore.open('hub', crypto)
 * for (const { deviceId, host } of await store.accessories()) console.log(deviceId, host)
 */
export class ControllerStore implements PairingStore {
  readonly directory: string
  readonly identity: ControllerIdentity

  private constructor(directory: string, identity: ControllerIdentity) {
    this.directory = directory
    this.identity = identity
  }

  /**
   * Opens the store, and makes it with a new identity if there is none.
   *
   * @throws HubError `HUB_STORE_DAMAGED`: a damaged identity never becomes a new one;
   * `HUB_STORE_UNUSABLE`.
   */
  static async open(directory: string, crypto: CryptoProvider): Promise<ControllerStore> {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
      await chmod(directory, 0o700)
    } catch (cause) {
      throw storeUnusable(directory, cause)
    }
    const path = join(directory, 'controller.json')
    const read = () => readSecureFile(path, controllerSchema, CONTROLLER_WAY_OUT)
    let stored = await read()
    if (stored === undefined) {
      if ((await accessoryFiles(directory)).length > 0) {
        throw storeDamaged(
          `${path} is missing, but accessories are paired with it. ${CONTROLLER_WAY_OUT}`,
        )
      }
      const longTermSeed = Buffer.from(crypto.random(32)).toString('hex')
      const identifier = uuid({ random: crypto.random(16) }).toUpperCase()
      await createSecureFile(path, { identifier, longTermSeed })
      // Two processes that begin at once are one controller: whoever was first.
      stored = await read()
    }
    if (stored === undefined) throw storeDamaged(`${path} vanished. ${CONTROLLER_WAY_OUT}`)
    const seed = new Uint8Array(Buffer.from(stored.longTermSeed, 'hex'))
    const { identifier } = stored
    return new ControllerStore(directory, { identifier, longTermKey: crypto.ed25519(seed) })
  }

  /**
   * All pairings, in the order of their device ids.
   *
   * @throws HubError `HUB_STORE_DAMAGED`, `HUB_STORE_UNUSABLE`
   */
  async accessories(): Promise<StoredAccessory[]> {
    const deviceIds = await accessoryFiles(this.directory)
    const stored = await Promise.all(deviceIds.map(deviceId => this.find(deviceId)))
    return stored.filter(accessory => accessory !== undefined)
  }

  /**
   * The pairing with a device id, in any case of letters.
   *
   * @throws HubError `HUB_STORE_DAMAGED`, `HUB_STORE_UNUSABLE`
   * @throws RangeError unless it is a device id.
   */
  async find(deviceId: string): Promise<StoredAccessory | undefined> {
    const path = this.#path(deviceId)
    const stored = await readSecureFile(path, accessorySchema, ACCESSORY_WAY_OUT)
    if (stored !== undefined && this.#path(stored.deviceId) !== path) {
      throw storeDamaged(`${path} is the file of ${stored.deviceId}. ${ACCESSORY_WAY_OUT}`)
    }
    return stored
  }

  /**
   * Resolves when the pairing is on the disk.
   *
   * @throws HubError `HUB_STORE_UNUSABLE`
   * @throws RangeError unless `deviceId` is one, in upper case, with colons.
   */
  async save(accessory: StoredAccessory): Promise<void> {
    if (!isDeviceId(accessory.deviceId)) throw notADeviceId(accessory.deviceId)
    await writeSecureFile(this.#path(accessory.deviceId), accessory)
  }

  /**
   * Forgets a pairing, on this side only.
   *
   * @throws HubError `HUB_STORE_UNUSABLE`
   * @throws RangeError unless it is a device id.
   */
  async remove(deviceId: string): Promise<void> {
    await removeSecureFile(this.#path(deviceId))
  }

  #path(deviceId: string): string {
    const name = deviceId.toUpperCase().replaceAll(':', '')
    if (!/^[0-9A-F]{12}$/.test(name)) throw notADeviceId(deviceId)
    return join(this.directory, `accessory-${name}.json`)
  }
}

/** Whether a text is `XX:XX:XX:XX:XX:XX` in upper case. */
export function isDeviceId(text: string): boolean {
  return v.is(deviceIdSchema, text)
}

function notADeviceId(text: string): RangeError {
  return new RangeError(`"${text}" is no device id like 11:22:33:AA:BB:CC`)
}

/** @returns Twelve hexadecimal digits for each accessory. */
async function accessoryFiles(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory)
    return names.flatMap(name => ACCESSORY_FILE.exec(name)?.[1] ?? []).sort()
  } catch (cause) {
    throw storeUnusable(directory, cause)
  }
}
