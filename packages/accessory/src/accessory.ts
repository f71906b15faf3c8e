import type { CryptoProvider } from '@hksv/crypto'
import {
  type PairSetupGate,
  parseSetupCode,
  type SrpCredentials,
  setupHash,
  setupUri,
} from '@hksv/hap'

import type { AccessoryEvent, AccessoryInfo, CommonOptions } from './accessory-options.ts'
import { nextDatabaseState } from './configuration-number.ts'
import { AttributeDatabase } from './database/attribute-database.ts'
import { InstanceIds } from './database/instance-ids.ts'
import { Advertiser, type Announcement } from './discovery/advertiser.ts'
import { HapServer } from './http/hap-server.ts'
import type { SnapshotRequest } from './http/router.ts'
import { forgetSetupCode, type Identity, renewSetupCode } from './identity.ts'
import { addInformation, type CompleteInformation } from './information.ts'
import type { Log } from './log.ts'
import type { PairingList } from './pairing-list.ts'
import type { Store } from './storage/store.ts'

/** What the kinds of accessories add to an {@link Accessory}. */
export interface AccessoryKind {
  /** `ci` of the TXT record. */
  readonly category: number
  emit(event: AccessoryEvent): void
  /** Nobody is left: what controllers set is to be forgotten. */
  unpaired?(): Promise<void>
  /** A JPEG, or the status to refuse with. */
  snapshot?(request: SnapshotRequest): Promise<Uint8Array | number>
}

/** What an {@link Accessory} is put together from. */
export interface AccessoryParts {
  readonly options: CommonOptions
  readonly kind: AccessoryKind
  readonly information: CompleteInformation
  readonly crypto: CryptoProvider
  readonly log: Log
  readonly store: Store
  readonly identity: Identity
  readonly gate: PairSetupGate
  readonly pairings: PairingList
  readonly now: () => number
}

/** Any accessory: its identity, its database, and the servers it is reached through. */
export class Accessory implements AsyncDisposable {
  readonly database: AttributeDatabase
  readonly #parts: AccessoryParts
  readonly #ids: InstanceIds
  readonly #server: HapServer
  /** One object for all connections: another code changes what is in it. */
  readonly #credentials: { -readonly [K in keyof SrpCredentials]: SrpCredentials[K] }
  #isPaired: boolean
  /** The last one known, also while somebody is paired, and nobody is told. */
  #setupCode: string | undefined
  #configurationNumber = 1
  #port = 0
  #advertiser: Advertiser | undefined

  constructor(parts: AccessoryParts) {
    const { store, pairings, identity, kind, information } = parts
    this.#parts = parts
    this.#isPaired = pairings.size > 0
    this.#credentials = { ...identity.credentials }
    this.#setupCode = identity.setupCode ?? given(parts.options)
    this.#ids = new InstanceIds(store.initial.database)
    this.database = new AttributeDatabase(this.#ids)
    this.#server = this.#createServer()
    addInformation(this.database, information, () => kind.emit({ event: 'identify' }))
  }

  get isPaired(): boolean {
    return this.#isPaired
  }

  /** Verified connections. */
  get sessionCount(): number {
    return this.#server.sessionCount
  }

  /** Pairing ids of the controllers that listen for a characteristic's changes. */
  subscribers(instanceId: number): string[] {
    return this.#server.subscribers(instanceId)
  }

  get info(): AccessoryInfo {
    const { options, identity, kind } = this.#parts
    const setupCode = this.#isPaired ? undefined : this.#setupCode
    const { category } = kind
    const { setupId } = identity
    return {
      name: options.name,
      id: identity.accessory.identifier,
      host: options.host ?? '0.0.0.0',
      port: this.#port,
      setupCode,
      setupUri:
        setupCode &&
        setupUri({ category, setupCode, setupId, isIp: true, isBle: false, isPaired: false }),
      storage: options.storage,
    }
  }

  /** Opens the port, stores what this start changed, and announces the accessory. */
  async listen(): Promise<void> {
    const { store, log, options, information } = this.#parts
    const { initial } = store
    const { host, mdns = true, port = initial.database?.port ?? 0 } = options
    this.#port = await this.#server.listen(host, port)
    const { firmwareRevision } = information
    const state = nextDatabaseState(initial.database, this.#ids, this.database, firmwareRevision)
    this.#configurationNumber = state.configurationNumber
    await store.database.save({ ...state, port: this.#port })
    if (mdns) this.#advertiser = new Advertiser(this.#announcement(), host, log)
  }

  /** Says goodbye on the network, ends every connection, and lets go of the storage. */
  async close(): Promise<void> {
    await this.#advertiser?.close()
    await this.#server.close()
    await this.#parts.store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #createServer(): HapServer {
    const { crypto, pairings, log, now, identity, gate, kind } = this.#parts
    const context = {
      crypto,
      database: this.database,
      pairings,
      log,
      now,
      pairingsChanged: () => this.#pairingsChanged(),
      identify: () => kind.emit({ event: 'identify' }),
      snapshot: kind.snapshot?.bind(kind),
    }
    const { accessory } = identity
    return new HapServer(context, { identity: accessory, credentials: this.#credentials, gate })
  }

  #announcement(): Announcement {
    const { options, identity, crypto, kind, information } = this.#parts
    const deviceId = identity.accessory.identifier
    return {
      name: options.name,
      port: this.#port,
      deviceId,
      model: information.model,
      category: kind.category,
      configurationNumber: this.#configurationNumber,
      setupHash: setupHash(crypto, identity.setupId, deviceId),
      isPaired: this.#isPaired,
    }
  }

  /** Never rejects: the pairings themselves are stored, and what follows is said in the log. */
  async #pairingsChanged(): Promise<void> {
    const { pairings, log, store, kind } = this.#parts
    this.#server.endUnpairedSessions()
    const isPaired = pairings.size > 0
    if (isPaired === this.#isPaired) return
    this.#isPaired = isPaired
    try {
      await (isPaired ? forgetSetupCode(store) : this.#unpaired())
    } catch (error) {
      log.error({ err: error }, 'What the change of pairings means could not be stored.')
    }
    this.#advertiser?.update(this.#announcement())
    kind.emit({ event: isPaired ? 'paired' : 'unpaired', controllers: pairings.size })
  }

  /** Nobody is left: the accessory is as on its first day, but for who it is. */
  async #unpaired(): Promise<void> {
    const { kind, crypto, store } = this.#parts
    await kind.unpaired?.()
    this.database.reset()
    const { setupCode, credentials } = await renewSetupCode(crypto, store, this.#setupCode)
    this.#setupCode = setupCode
    Object.assign(this.#credentials, credentials)
  }
}

/** In the form that {@link Accessory.info} shows. */
function given({ setupCode }: CommonOptions): string | undefined {
  return setupCode === undefined ? undefined : parseSetupCode(setupCode)
}
