import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type CameraOptions, type RunningCamera, startCamera } from '@hksv/accessory'
import { nodeProvider as crypto } from '@hksv/crypto/node'
import { type Address, ControllerStore, pair, type StoredAccessory } from '@hksv/hub'
import {
  type Announcement,
  type ConformOptions,
  type ConformReport,
  conform,
} from '@hksv/hub/conform'
import { type Clock, openSource, systemClock } from '@hksv/media'
import { onTestFinished } from 'vitest'

const silent = () => undefined

/** A clock that runs faster than ours: what a camera takes minutes for is done in seconds. */
export function fastClock(factor: number): Clock {
  const start = systemClock.now()
  return {
    now: () => start + (systemClock.now() - start) * factor,
    sleepUntil: (time, signal) => systemClock.sleepUntil(start + (time - start) / factor, signal),
  }
}

/** A directory that is gone after the test. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-conform-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Our camera on the loopback, its source at `speed`. */
export async function startOwn(
  options: Partial<CameraOptions> & { speed?: number } = {},
): Promise<RunningCamera> {
  const { speed = 1, ...rest } = options
  const source = await openSource('sample', { clock: fastClock(speed) })
  onTestFinished(() => source[Symbol.asyncDispose]())
  const camera = await startCamera({
    name: 'Porch',
    host: '127.0.0.1',
    mdns: false,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    storage: scratch(),
    source,
    ...rest,
  })
  onTestFinished(() => camera.close())
  return camera
}

/** A hub's store. */
export function openStore(): Promise<ControllerStore> {
  return ControllerStore.open(join(scratch(), 'hub'), crypto)
}

/** Judges the camera at an address with some of the rules. */
export async function judge(
  address: Address,
  options: Partial<ConformOptions> & { rules?: readonly string[]; setupCode?: string } = {},
): Promise<ConformReport> {
  const { rules, ...rest } = options
  return await conform({
    store: await openStore(),
    crypto,
    address,
    hear: async () => undefined,
    ...(rules && { select: ({ name }) => rules.includes(name) }),
    ...rest,
  })
}

/** As our camera announces itself while it is unpaired. */
export function announcementOf({ id, port }: RunningCamera['info']): Announcement {
  const texts = {
    'c#': '1',
    ff: '0',
    id,
    md: 'HKSV Camera',
    pv: '1.1',
    's#': '1',
    sf: '1',
    ci: '17',
  }
  return { name: 'Porch._hap._tcp.local', port, texts: new Map(Object.entries(texts)) }
}

/** What is not as it should be, for a readable failure of a test. */
export function complaints({ results }: ConformReport): string[] {
  return results
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ rule, severity, text }) => `${severity} ${rule}: ${text}`)
}

/** Pairs a fresh store. */
export async function pairStore(
  address: Address,
  setupCode: string,
): Promise<{ store: ControllerStore; accessory: StoredAccessory }> {
  const store = await openStore()
  return { store, accessory: await pair({ store, crypto, ...address, setupCode }) }
}
