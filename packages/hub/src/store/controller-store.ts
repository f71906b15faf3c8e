import { access, chmod, constants, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { CryptoProvider } from '@hksv/crypto'
import type { ControllerIdentity } from '@hksv/hap'
import { v4 as uuid } from 'uuid'
import { z } from 'zod'

import { HubError } from '../errors.ts'
import { readSecureFile, storeUnusable, writeSecureFile } from './secure-file.ts'

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

const hex32 = z.string().regex(/^[0-9a-f]{64}$/)
const controllerSchema = z.object({ identifier: z.uuid(), longTermSeed: hex32 })
const accessorySchema: z.ZodType<StoredAccessory> = z.object({
  deviceId: z.string().regex(/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/),
  longTermPublicKey: hex32,
  host: z.string(),
  port: z.int().min(1).max(65_535),
  name: z.string().optional(),
  pairedAt: z.string(),
})

const ACCESSORY_FILE = /^accessory-[0-9A-F]{12}\.json$/

/** Who this controller is and what it is paired with: a directory (0700) of JSON files (0600). */
export class ControllerStore {
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
    let stored = await readSecureFile(path, controllerSchema)
    if (stored === undefined) {
      const accessories = await accessoryFiles(directory)
      if (accessories.length > 0) {
        throw new HubError('HUB_STORE_DAMAGED', {
          message:
            `${path} is missing, but accessories are paired with it. Put a backup back, or choose ` +
            'another directory with --store.',
        })
      }
      const longTermSeed = Buffer.from(crypto.random(32)).toString('hex')
      stored = { identifier: uuid({ random: crypto.random(16) }).toUpperCase(), longTermSeed }
      await writeSecureFile(path, stored)
    }
    const seed = new Uint8Array(Buffer.from(stored.longTermSeed, 'hex'))
    const { identifier } = stored
    return new ControllerStore(directory, { identifier, longTermKey: crypto.ed25519(seed) })
  }

  /** @throws HubError `HUB_STORE_DAMAGED`, `HUB_STORE_UNUSABLE` */
  async accessories(): Promise<StoredAccessory[]> {
    const files = await accessoryFiles(this.directory)
    const stored = await Promise.all(
      files.map(file => readSecureFile(join(this.directory, file), accessorySchema)),
    )
    return stored.filter(accessory => accessory !== undefined)
  }

  /** The pairing with a device id, in any case of letters. */
  async find(deviceId: string): Promise<StoredAccessory | undefined> {
    return readSecureFile(this.#path(deviceId), accessorySchema)
  }

  /** Resolves when the pairing is on the disk. */
  async save(accessory: StoredAccessory): Promise<void> {
    await writeSecureFile(this.#path(accessory.deviceId), accessory)
  }

  /** Forgets a pairing. */
  async remove(deviceId: string): Promise<void> {
    await rm(this.#path(deviceId), { force: true })
  }

  #path(deviceId: string): string {
    const name = deviceId.toUpperCase().replaceAll(':', '')
    if (!/^[0-9A-F]{12}$/.test(name)) throw new RangeError(`"${deviceId}" is no device id`)
    return join(this.directory, `accessory-${name}.json`)
  }
}

async function accessoryFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory)
  return names.filter(name => ACCESSORY_FILE.test(name)).sort()
}
