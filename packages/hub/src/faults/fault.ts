import type { AccessoryClient } from '../accessory-client.ts'

/** Where a fault is injected: an armed camera, and a connection that may be spoilt. */
export interface FaultSite {
  /** Verified, an administrator's. */
  readonly client: AccessoryClient
  readonly signal?: AbortSignal
}

/** What a camera made of a fault. */
export interface FaultOutcome {
  readonly isHealthy: boolean
  /** What it did, in half a sentence. */
  readonly came: string
}

/** Something that hubs do wrong, or that befalls them. */
export interface Fault {
  readonly name: string
  /** What the hub does. */
  readonly does: string
  /** What a healthy camera does then; besides, it serves the next hub that asks. */
  readonly expects: string
  /** Where that comes from. */
  readonly source: string
  /** @throws HubError When it does not come to the fault: the camera does not record at all. */
  inject(site: FaultSite): Promise<FaultOutcome>
}

/** It did what it should. */
export function healthy(came: string): FaultOutcome {
  return { isHealthy: true, came }
}

/** It did not. */
export function sick(came: string): FaultOutcome {
  return { isHealthy: false, came }
}
