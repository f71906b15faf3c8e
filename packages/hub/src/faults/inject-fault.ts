import { AccessoryClient } from '../accessory-client.ts'
import { isHubError } from '../errors.ts'
import { Recording } from '../recording.ts'
import type { Fault, FaultOutcome } from './fault.ts'

/** What a camera made of a fault, and whether it serves the next hub. */
export interface FaultReport extends FaultOutcome {
  readonly fault: string
  /** What a healthy camera does. */
  readonly expected: string
}

/**
 * Injects a fault over a connection of its own, and asks for a clean recording afterwards.
 *
 * @param options.client Of an armed camera; an administrator's. It stays as it is.
 * @throws HubError When the camera cannot be reached before; the reason of `signal`
 */
export async function injectFault(options: {
  readonly client: AccessoryClient
  readonly fault: Fault
  readonly signal?: AbortSignal
}): Promise<FaultReport> {
  const { client, fault, signal } = options
  const known = { fault: fault.name, expected: fault.expects }
  await using site = await AccessoryClient.reconnect(client, signal)
  const outcome = await outcomeOf(fault, site, signal)
  const trouble = await serveCleanly(client, signal)
  if (trouble === undefined) return { ...known, ...outcome }
  const came = `${outcome.came}; afterwards it does not serve a clean hub: ${trouble}`
  return { ...known, isHealthy: false, came }
}

async function outcomeOf(
  fault: Fault,
  client: AccessoryClient,
  signal: AbortSignal | undefined,
): Promise<FaultOutcome> {
  try {
    return await fault.inject({ client, ...(signal && { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    if (!isHubError(error)) throw error
    return { isHealthy: false, came: error.message }
  }
}

/** @returns What is wrong, if anything is. */
async function serveCleanly(
  before: AccessoryClient,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    await using client = await AccessoryClient.reconnect(before, signal)
    const recording = await Recording.open(client, signal)
    let media = 0
    for await (const { dataType } of recording) {
      media += dataType === 'mediaFragment' ? 1 : 0
      if (media > 0) break
    }
    return media > 0
      ? undefined
      : `the recording ended before any fragment (${recording.end?.reason})`
  } catch (error) {
    signal?.throwIfAborted()
    if (!isHubError(error)) throw error
    return error.message
  }
}
