import type { CryptoProvider } from '@hksv/crypto'
import type { AccessoryCategory } from '@hksv/hap'

import type { PublishedCharacteristic } from './database/characteristic.ts'
import type { CharacteristicsOf, ServiceSpec } from './database/service.ts'
import type { Log } from './log.ts'

/** What an accessory says of itself. @see HomeKit Accessory Protocol R2 §8.1 */
export interface AccessoryInformation {
  /** At most 64 bytes; `HKSV` unless given. */
  readonly manufacturer?: string
  /** 1 to 64 bytes; the accessory's name unless given. */
  readonly model?: string
  /** 2 to 64 bytes; made of the device id unless given. */
  readonly serialNumber?: string
  /** `x`, `x.y` or `x.y.z`, numbers; this package's version unless given. */
  readonly firmwareRevision?: string
  /** The same form; absent unless given. */
  readonly hardwareRevision?: string
}

/** How any accessory is started. */
export interface CommonOptions {
  /** Shown in Home; 1 to 63 bytes. */
  readonly name: string
  /** A directory for identity, pairings and ids; made with 0700 if it is not there. */
  readonly storage: string
  /** The address to listen on; all of them unless given. */
  readonly host?: string
  /** 0 for any free one; that of the last start unless given. */
  readonly port?: number
  /** Eight digits; drawn once and kept unless given. */
  readonly setupCode?: string
  /** Announces the accessory on the network unless false. */
  readonly mdns?: boolean
  readonly information?: AccessoryInformation
  /** Where it reports to; nowhere unless given. */
  readonly log?: Log
  /** The backend of this process unless given. */
  readonly crypto?: CryptoProvider
}

/** Services by the places they have among their accessory's; a place keeps its ids for ever. */
export type ServiceSpecs = Readonly<Record<string, ServiceSpec>>

/** How an accessory with services of one's own is started. */
export interface AccessoryOptions<S extends ServiceSpecs = ServiceSpecs> extends CommonOptions {
  /** What Home shows it as; `other` unless given. */
  readonly category?: AccessoryCategory
  /** Everything but AccessoryInformation and ProtocolInformation, which every accessory has. */
  readonly services: S
  /** Told of what happens, in order; must not throw. */
  readonly onEvent?: (event: AccessoryEvent) => void
}

/** What an accessory reports. */
export type AccessoryEvent =
  /** The number of pairings changed between none and some. */
  | { readonly event: 'paired' | 'unpaired'; readonly controllers: number }
  /** A controller asks which accessory this is: blink, or beep. */
  | { readonly event: 'identify' }

/** What a running accessory is reached by. */
export interface AccessoryInfo {
  readonly name: string
  /** Device id. */
  readonly id: string
  readonly host: string
  readonly port: number
  /** `DDD-DD-DDD`, and the text of its QR code, as long as nobody is paired. */
  readonly setupCode: string | undefined
  readonly setupUri: string | undefined
  readonly storage: string
}

type FormatOf<C> = C extends PublishedCharacteristic<infer V> ? V : never

/** The running characteristics of each service, by the names of both. */
export type PublishedServices<S extends ServiceSpecs> = {
  readonly [Place in keyof S]: {
    readonly [Name in keyof CharacteristicsOf<S[Place]>]: PublishedCharacteristic<
      FormatOf<CharacteristicsOf<S[Place]>[Name]>
    >
  }
}

/** An accessory that can be paired with and used, until it is closed. */
export interface RunningAccessory<S extends ServiceSpecs = ServiceSpecs> extends AsyncDisposable {
  readonly info: AccessoryInfo
  readonly services: PublishedServices<S>
  /** Says goodbye on the network and ends every connection. */
  close(): Promise<void>
}
