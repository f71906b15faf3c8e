import type { CryptoProvider } from '@hksv/crypto'
import { chooseProvider } from '@hksv/crypto/node'
import type { Pairing } from '@hksv/hap'

import {
  events,
  nameOf,
  prepare,
  putCharacteristic,
  putSubscriptions,
  type Reading,
  type Refusal,
  readCharacteristics,
} from './characteristic-requests.ts'
import { HapConnection } from './connection.ts'
import { type RemoteCharacteristic, RemoteDatabase, type Value } from './database.ts'
import { HubError, isHubError } from './errors.ts'
import { type Entry, httpError, jsonBody, parseJson, parseStatus, refused } from './hap-json.ts'
import type { Address } from './open-socket.ts'
import { requestPairings } from './pairings.ts'
import type { StoredAccessory } from './store/controller-store.ts'
import type { PairingStore } from './store/pairing-store.ts'
import type { Trace } from './trace/trace.ts'
import { verify } from './verify.ts'

/** How a connection is made. */
export interface ConnectOptions {
  readonly store: PairingStore
  readonly accessory: StoredAccessory
  /** Where to look for it; where it was last time unless given. */
  readonly address?: Address
  readonly crypto?: CryptoProvider
  /** What was read before, while the accessory announces the same `configurationNumber`. */
  readonly database?: RemoteDatabase
  /** Ends the connection when it aborts, at any time. */
  readonly signal?: AbortSignal
  /** Where to write down what is said, on this connection and on its data streams. */
  readonly trace?: Trace
}

/** What a connection has when it is verified. */
interface Parts {
  readonly accessory: StoredAccessory
  readonly database: RemoteDatabase
  readonly sharedSecret: Uint8Array
  readonly crypto: CryptoProvider
  readonly connection: HapConnection
  readonly store: PairingStore
  readonly trace: Trace | undefined
}

/**
 * A verified connection to an accessory and what it consists of.
 *
 * Every method throws `HubError` `HUB_TIMEOUT`, `HUB_CONNECTION_LOST`, `HUB_PROTOCOL` or the reason of
 * the signal when the connection ends, and `HUB_NOT_PAIRED` when the accessory has forgotten us.
 *
 * @example
 * await using client = await AccessoryClient.connect({ store, accessory })
 * const sensor = client.database.service('motionSensor')
 * const [motion] = await client.read([characteristicOf(sensor, 'motionDetected')])
 */
export class AccessoryClient {
  readonly accessory: StoredAccessory
  readonly database: RemoteDatabase
  /** X25519 secret of the connection, 32 bytes: HDS keys come from it. Wiped by {@link close}. */
  readonly sharedSecret: Uint8Array
  readonly crypto: CryptoProvider
  /** Where what is said is written down. */
  readonly trace: Trace | undefined
  readonly #connection: HapConnection
  readonly #store: PairingStore
  #timedWrites: Promise<unknown> = Promise.resolve()

  private constructor(parts: Parts) {
    this.accessory = parts.accessory
    this.database = parts.database
    this.sharedSecret = parts.sharedSecret
    this.crypto = parts.crypto
    this.trace = parts.trace
    this.#connection = parts.connection
    this.#store = parts.store
  }

  /**
   * Connects, verifies both sides and reads the database. Where it was reached and what it is called
   * is stored, when it is news.
   *
   * @throws HubError `HUB_UNREACHABLE`, `HUB_NOT_PAIRED`, `HUB_WRONG_ACCESSORY`, `HUB_PROTOCOL`,
   * `HUB_TIMEOUT`, `HUB_CONNECTION_LOST`, `HUB_STORE_UNUSABLE`
   */
  static async connect(options: ConnectOptions): Promise<AccessoryClient> {
    const { store, crypto = chooseProvider(), signal, trace, accessory: known } = options
    const { host, port } = options.address ?? known
    const connection = await HapConnection.open(crypto, { host, port }, signal, trace)
    if (options.database !== undefined) connection.trace?.learn(options.database)
    try {
      const { identity } = store
      const sharedSecret = await verify({ crypto, connection, identity, accessory: known })
      const database = options.database ?? (await readDatabase(connection))
      const accessory = { ...known, host, port, name: nameIn(database) ?? known.name }
      if (host !== known.host || port !== known.port || accessory.name !== known.name) {
        await store.save(accessory)
      }
      const parts = { accessory, database, sharedSecret, crypto, connection, store, trace }
      return new AccessoryClient(parts)
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /**
   * Another connection to the same accessory, as the same controller, with the database read anew.
   *
   * @throws HubError As {@link connect}
   */
  static reconnect(client: AccessoryClient, signal?: AbortSignal): Promise<AccessoryClient> {
    const { accessory, address, crypto, trace } = client
    const known = { store: client.#store, accessory, address, crypto }
    return AccessoryClient.connect({ ...known, ...(signal && { signal }), ...(trace && { trace }) })
  }

  /** Where the accessory was reached. */
  get address(): Address {
    return this.#connection.address
  }

  /** The address of this side of the connection: IPv4 or IPv6, with its scope where it needs one. */
  get localAddress(): string {
    return this.#connection.localAddress
  }

  /** The address of the accessory, which {@link address} may have as a name. */
  get remoteAddress(): string {
    return this.#connection.remoteAddress
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
  read(characteristics: readonly RemoteCharacteristic[]): Promise<Reading[]> {
    return readCharacteristics(this.#connection, characteristics)
  }

  /**
   * Writes one characteristic, as a timed write where it demands one.
   *
   * @throws HubError `HUB_REFUSED` with the accessory's status in words.
   */
  async write(characteristic: RemoteCharacteristic, value: Value): Promise<void> {
    await this.#write(characteristic, { value })
  }

  /**
   * Writes one characteristic and returns what it answers.
   *
   * @throws HubError `HUB_REFUSED`; `HUB_PROTOCOL` when there is no answer in the response.
   */
  async writeWithResponse(characteristic: RemoteCharacteristic, value: Value): Promise<Value> {
    const entry = await this.#write(characteristic, { value, r: true })
    if (entry?.value === undefined) {
      throw new HubError('HUB_PROTOCOL', {
        message: `The accessory sent no write response for ${nameOf(characteristic)}. Tell its maker.`,
      })
    }
    return entry.value
  }

  /**
   * Asks for events, or for no more, of one characteristic.
   *
   * @throws HubError `HUB_REFUSED` when it has none.
   */
  async subscribe(characteristic: RemoteCharacteristic, isWanted = true): Promise<void> {
    await putCharacteristic(this.#connection, characteristic, { ev: isWanted })
  }

  /**
   * Asks for events of many characteristics, or for no more, in one request for each accessory of a
   * bridge.
   *
   * @returns Those that were refused: some claim to report what they do not.
   */
  subscribeAll(
    characteristics: readonly RemoteCharacteristic[],
    isWanted = true,
  ): Promise<Refusal[]> {
    return putSubscriptions(this.#connection, characteristics, isWanted)
  }

  /**
   * What the accessory reports from this call on, of all that was subscribed to. Leave the loop to
   * listen no more.
   *
   * @throws HubError when the connection ends; the reason of `signal` when that aborts.
   */
  events(signal?: AbortSignal): AsyncIterableIterator<Reading> {
    return events(this.#connection, this.database, signal)
  }

  /**
   * Takes a picture.
   *
   * @param request.reason 0 periodic, 1 event.
   * @returns A JPEG.
   * @throws HubError `HUB_REFUSED` when the camera may not, or cannot.
   */
  async snapshot(request: {
    readonly width: number
    readonly height: number
    readonly reason?: 0 | 1
  }): Promise<Uint8Array> {
    const { width, height, reason } = request
    const members = { 'image-width': width, 'image-height': height, 'resource-type': 'image' }
    const wanted = jsonBody(reason === undefined ? members : { ...members, reason })
    const { status, body } = await this.#connection.request('POST', '/resource', wanted)
    if (status === 207) throw refused('a snapshot', parseStatus(body))
    if (status !== 200) throw httpError('/resource', status)
    if (body[0] !== 0xff || body[1] !== 0xd8) {
      const message = 'The accessory sent a snapshot that is no JPEG. Tell its maker.'
      throw new HubError('HUB_PROTOCOL', { message })
    }
    return body
  }

  /** Who is paired with the accessory. @throws HubError `HUB_REFUSED` */
  listPairings(): Promise<Pairing[]> {
    return requestPairings(this.#connection, { method: 'list' })
  }

  /** Lets another controller in. @throws HubError `HUB_REFUSED` */
  async addPairing(pairing: Pairing): Promise<void> {
    await requestPairings(this.#connection, { method: 'add', pairing })
  }

  /**
   * Shuts another controller out; for our own pairing there is {@link unpair}.
   *
   * @throws HubError `HUB_REFUSED`
   */
  async removePairing(identifier: string): Promise<void> {
    await requestPairings(this.#connection, { method: 'remove', identifier })
  }

  /**
   * Ends our own pairing on both sides, and the connection with it. When the connection breaks off
   * before the answer, the pairing is forgotten only if the accessory has forgotten it too.
   *
   * @throws HubError `HUB_REFUSED`
   */
  async unpair(): Promise<void> {
    const { identifier } = this.#store.identity
    try {
      await requestPairings(this.#connection, { method: 'remove', identifier })
    } catch (error) {
      const isLost = isHubError(error) && error.code === 'HUB_CONNECTION_LOST'
      if (!isLost || !(await this.#isForgotten())) throw error
    }
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

  #write(
    characteristic: RemoteCharacteristic,
    members: { readonly value: Value; readonly r?: true },
  ): Promise<Entry | undefined> {
    const connection = this.#connection
    if (!characteristic.perms.includes('tw')) {
      return putCharacteristic(connection, characteristic, members)
    }
    // A second preparation would undo the first: one timed write at a time.
    const write = this.#timedWrites.then(async () => {
      const pid = await prepare(connection, this.crypto)
      return putCharacteristic(connection, characteristic, members, pid)
    })
    this.#timedWrites = write.catch(() => undefined)
    return write
  }

  /** Whether a new connection is refused as that of a stranger. */
  async #isForgotten(): Promise<boolean> {
    const { crypto, accessory } = this
    const { identity } = this.#store
    try {
      await using connection = await HapConnection.open(crypto, this.address, undefined, this.trace)
      const secret = await verify({ crypto, connection, identity, accessory })
      secret.fill(0)
      return false
    } catch (error) {
      return isHubError(error) && error.code === 'HUB_NOT_PAIRED'
    }
  }
}

async function readDatabase(connection: HapConnection): Promise<RemoteDatabase> {
  const { status, body } = await connection.request('GET', '/accessories')
  if (status !== 200) throw httpError('/accessories', status)
  return RemoteDatabase.parse(parseJson(body))
}

function nameIn(database: RemoteDatabase): string | undefined {
  const [information] = database.all('accessoryInformation')
  const value = information?.characteristics.find(({ name }) => name === 'name')?.value
  return typeof value === 'string' && value !== '' ? value : undefined
}
