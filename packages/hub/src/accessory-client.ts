import type { CryptoProvider } from '@hksv/crypto'
import { chooseProvider } from '@hksv/crypto/node'
import { hapStatus, hapStatusText, type Pairing } from '@hksv/hap'
import { z } from 'zod'

import { type Address, HapConnection } from './connection.ts'
import { type RemoteCharacteristic, RemoteDatabase, type Value } from './database.ts'
import { HubError } from './errors.ts'
import { requestPairings } from './pairing.ts'
import type { ControllerStore, StoredAccessory } from './store/controller-store.ts'
import { verify } from './verify.ts'

const JSON_TYPE = 'application/hap+json'
const TIMED_WRITE_MS = 5000

/** A characteristic and what it is at. */
export interface Reading {
  readonly characteristic: RemoteCharacteristic
  readonly value: Value
}

/** How a connection is made. */
export interface ConnectOptions {
  readonly store: ControllerStore
  readonly accessory: StoredAccessory
  /** Where to look for it; where it was last time unless given. */
  readonly address?: Address
  readonly crypto?: CryptoProvider
  readonly signal?: AbortSignal
}

const entrySchema = z.object({
  aid: z.number(),
  iid: z.number(),
  // Some accessories write statuses without their sign.
  status: z
    .number()
    .transform(status => -Math.abs(status))
    .default(0),
  value: z.union([z.boolean(), z.number(), z.string(), z.null()]).optional(),
})
const bodySchema = z.object({ characteristics: z.array(entrySchema) })

type Entry = z.infer<typeof entrySchema>

/** A verified connection to an accessory and what it consists of. */
export class AccessoryClient {
  readonly accessory: StoredAccessory
  readonly database: RemoteDatabase
  /** X25519 secret of the connection, 32 bytes: HDS keys come from it. */
  readonly sharedSecret: Uint8Array
  readonly crypto: CryptoProvider
  readonly #connection: HapConnection
  readonly #store: ControllerStore

  private constructor(parts: {
    accessory: StoredAccessory
    database: RemoteDatabase
    sharedSecret: Uint8Array
    crypto: CryptoProvider
    connection: HapConnection
    store: ControllerStore
  }) {
    this.accessory = parts.accessory
    this.database = parts.database
    this.sharedSecret = parts.sharedSecret
    this.crypto = parts.crypto
    this.#connection = parts.connection
    this.#store = parts.store
  }

  /**
   * Connects, verifies both sides and reads the database.
   *
   * @throws HubError `HUB_UNREACHABLE`, `HUB_NOT_PAIRED`, `HUB_PROTOCOL`, `HUB_TIMEOUT`,
   * `HUB_CONNECTION_LOST`
   */
  static async connect(options: ConnectOptions): Promise<AccessoryClient> {
    const { store, accessory, crypto = chooseProvider(), signal } = options
    const { host, port } = options.address ?? accessory
    const connection = await HapConnection.open(crypto, { host, port }, signal)
    const aborted = () => connection.close()
    signal?.addEventListener('abort', aborted, { once: true })
    try {
      const sharedSecret = await verify({ crypto, connection, store, accessory })
      const { status, body } = await connection.request('GET', '/accessories')
      if (status !== 200) throw statusError('/accessories', status)
      const database = RemoteDatabase.parse(parseJson(body))
      const parts = { accessory, database, sharedSecret, crypto, connection, store }
      return new AccessoryClient(parts)
    } catch (error) {
      connection.close()
      signal?.throwIfAborted()
      throw error
    }
  }

  /** Where the accessory was reached. */
  get address(): Address {
    return this.#connection.address
  }

  /** Aborted when the connection has ended. */
  get signal(): AbortSignal {
    return this.#connection.signal
  }

  /**
   * Reads characteristics.
   *
   * @returns In the order asked for; those that could not be read are left out.
   */
  async read(characteristics: readonly RemoteCharacteristic[]): Promise<Reading[]> {
    if (characteristics.length === 0) return []
    const ids = characteristics.map(({ aid, iid }) => `${aid}.${iid}`).join(',')
    const { status, body } = await this.#connection.request('GET', `/characteristics?id=${ids}`)
    if (status !== 200 && status !== 207) throw statusError('/characteristics', status)
    const entries = parseEntries(body)
    return characteristics.flatMap(characteristic => {
      const entry = findEntry(entries, characteristic)
      if (entry?.value === undefined || entry.status !== 0) return []
      return [{ characteristic, value: entry.value }]
    })
  }

  /**
   * Writes one characteristic, as a timed write where it demands one.
   *
   * @throws HubError `HUB_REFUSED` with the accessory's status in words.
   */
  async write(characteristic: RemoteCharacteristic, value: Value): Promise<void> {
    await this.#put(characteristic, { value })
  }

  /**
   * Writes one characteristic and returns what it answers.
   *
   * @throws HubError `HUB_REFUSED`, `HUB_PROTOCOL` when there is no answer in the response.
   */
  async writeWithResponse(characteristic: RemoteCharacteristic, value: Value): Promise<Value> {
    const entry = await this.#put(characteristic, { value, r: true })
    if (entry?.value === undefined) {
      throw new HubError('HUB_PROTOCOL', {
        message: `The accessory sent no write response for ${nameOf(characteristic)}.`,
      })
    }
    return entry.value
  }

  /** Asks for events, or for no more, of one characteristic. */
  async subscribe(characteristic: RemoteCharacteristic, isWanted = true): Promise<void> {
    await this.#put(characteristic, { ev: isWanted })
  }

  /** Calls `handler` with each change that the accessory reports until the returned function is called. */
  onChange(handler: (reading: Reading) => void): () => void {
    return this.#connection.onEvent(({ body }) => {
      for (const { aid, iid, value = null } of parseEntries(body)) {
        const characteristic = this.database.find(aid, iid)
        if (characteristic !== undefined) handler({ characteristic, value })
      }
    })
  }

  /**
   * Takes a picture.
   *
   * @param request.reason 0 periodic, 1 event.
   * @returns A JPEG.
   * @throws HubError `HUB_REFUSED` when the camera may not.
   */
  async snapshot(request: {
    readonly width: number
    readonly height: number
    readonly reason?: 0 | 1
  }): Promise<Uint8Array> {
    const { width, height, reason } = request
    const { status, body } = await this.#connection.request('POST', '/resource', {
      type: JSON_TYPE,
      bytes: encodeJson({
        'image-width': width,
        'image-height': height,
        'resource-type': 'image',
        ...(reason === undefined ? {} : { reason }),
      }),
    })
    if (status === 200) return body
    if (status !== 207) throw statusError('/resource', status)
    const { status: code = hapStatus.unableToPerform } = parseJson(body) as { status?: number }
    throw refused('a snapshot', code)
  }

  /** Who is paired with the accessory. */
  listPairings(): Promise<Pairing[]> {
    return requestPairings(this.#connection, { method: 'list' })
  }

  /** Lets another controller in. */
  async addPairing(pairing: Pairing): Promise<void> {
    await requestPairings(this.#connection, { method: 'add', pairing })
  }

  /** Ends our own pairing on both sides, and the connection with it. */
  async unpair(): Promise<void> {
    const { identifier } = this.#store.identity
    await requestPairings(this.#connection, { method: 'remove', identifier })
    await this.#store.remove(this.accessory.deviceId)
    this.close()
  }

  /** Ends the connection. */
  close(): void {
    this.#connection.close()
    this.sharedSecret.fill(0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  async #put(
    characteristic: RemoteCharacteristic,
    members: { value?: Value; ev?: boolean; r?: boolean },
  ): Promise<Entry | undefined> {
    const { aid, iid, perms } = characteristic
    const isTimed = members.value !== undefined && perms.includes('tw')
    const pid = isTimed ? await this.#prepare() : undefined
    const { status, body } = await this.#connection.request('PUT', '/characteristics', {
      type: JSON_TYPE,
      bytes: encodeJson({
        characteristics: [{ aid, iid, ...members }],
        ...(pid === undefined ? {} : { pid }),
      }),
    })
    if (status === 204) return undefined
    if (status !== 200 && status !== 207) throw statusError(nameOf(characteristic), status)
    const entry = findEntry(parseEntries(body), characteristic)
    if (entry !== undefined && entry.status !== 0)
      throw refused(nameOf(characteristic), entry.status)
    return entry
  }

  async #prepare(): Promise<number> {
    const pid = new DataView(this.crypto.random(4).buffer).getUint32(0) + 1
    const { status, body } = await this.#connection.request('PUT', '/prepare', {
      type: JSON_TYPE,
      bytes: encodeJson({ ttl: TIMED_WRITE_MS, pid }),
    })
    if (status !== 200) throw statusError('/prepare', status)
    const { status: code = 0 } = parseJson(body) as { status?: number }
    if (code !== 0) throw refused('a timed write', code)
    return pid
  }
}

function findEntry(
  entries: readonly Entry[],
  { aid, iid }: RemoteCharacteristic,
): Entry | undefined {
  return entries.find(entry => entry.aid === aid && entry.iid === iid)
}

function nameOf({ name, type }: RemoteCharacteristic): string {
  return name ?? type
}

function refused(what: string, status: number): HubError {
  return new HubError('HUB_REFUSED', {
    message: `The accessory refused ${what}: ${hapStatusText(-Math.abs(status))}.`,
  })
}

function statusError(what: string, status: number): HubError {
  return status === 470
    ? new HubError('HUB_NOT_PAIRED', {
        message: 'The accessory does not know this controller any more. Pair it again.',
      })
    : new HubError('HUB_PROTOCOL', {
        message: `The accessory answered ${what} with HTTP status ${status}.`,
      })
}

function parseEntries(body: Uint8Array): Entry[] {
  const parsed = bodySchema.safeParse(parseJson(body))
  if (parsed.success) return parsed.data.characteristics
  const message =
    'The accessory answered about characteristics in a form that is not the one of HAP.'
  throw new HubError('HUB_PROTOCOL', { message, cause: parsed.error })
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch (cause) {
    throw new HubError('HUB_PROTOCOL', {
      message: 'The accessory answered with something that is no JSON.',
      cause,
    })
  }
}

function encodeJson(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}
