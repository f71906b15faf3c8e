import type { CryptoProvider } from '@hksv/crypto'
import { setupHash as hashOf } from '@hksv/hap'

/** An accessory as it announces itself. @see HomeKit Accessory Protocol R2 table 6-7 */
export interface DiscoveredAccessory {
  /** `XX:XX:XX:XX:XX:XX`, in upper case. */
  readonly id: string
  /** As pairing screens show it. */
  readonly name: string
  /** IPv4 first; link-local ones of IPv6 with their scope: `fe80::1%eth0`. */
  readonly addresses: readonly string[]
  readonly port: number
  /** 17 IP camera, 18 video doorbell; 1 when it does not say. */
  readonly category: number
  readonly model: string
  /** Grows when its services change. */
  readonly configurationNumber: number
  readonly isPaired: boolean
  /** Bit 0: it has an authentication coprocessor of Apple's; bit 1: it authenticates in software. */
  readonly featureFlags: number
  /** Base64; of accessories that give it, see {@link hasSetupId}. */
  readonly setupHash: string | undefined
}

/** Whether an accessory is the one that a setup URI is of. @param setupId Four of 0-9A-Z. */
export function hasSetupId(
  accessory: DiscoveredAccessory,
  setupId: string,
  crypto: CryptoProvider,
): boolean {
  return accessory.setupHash === hashOf(crypto, setupId, accessory.id)
}

const MAX_TXT_LENGTH = 1300
const DEVICE_ID = /^([0-9A-F]{2}:){5}[0-9A-F]{2}$/

/**
 * Reads what an accessory says of itself.
 *
 * @param texts The strings of the TXT record.
 * @returns Undefined when it is no accessory that a controller can use.
 */
export function readAccessory(
  label: string,
  port: number,
  texts: readonly Uint8Array[],
): Omit<DiscoveredAccessory, 'addresses'> | undefined {
  const length = texts.reduce((sum, text) => sum + 1 + text.length, 0)
  if (length > MAX_TXT_LENGTH || !Number.isInteger(port) || port < 1 || port > 65_535) return
  const values = readTexts(texts)
  const id = values.get('id')?.toUpperCase()
  if (id === undefined || !DEVICE_ID.test(id)) return
  // Bit 0: nobody is paired. What is missing counts as 0.
  const isPaired = (integer(values.get('sf'), 0) & 1) === 0
  return {
    id,
    name: printable(label),
    port,
    category: integer(values.get('ci'), 1),
    model: printable(values.get('md') ?? ''),
    configurationNumber: integer(values.get('c#'), 1),
    isPaired,
    featureFlags: integer(values.get('ff'), 0),
    setupHash: values.get('sh'),
  }
}

/** @see RFC 6763 §6.4: keys are ASCII in any case, and of two of one name the first counts. */
function readTexts(texts: readonly Uint8Array[]): Map<string, string> {
  const values = new Map<string, string>()
  for (const text of texts) {
    const [, key, value = ''] = /^([^=]+)=?(.*)$/s.exec(new TextDecoder().decode(text)) ?? []
    if (key !== undefined && !values.has(key.toLowerCase())) values.set(key.toLowerCase(), value)
  }
  return values
}

function integer(text: string | undefined, missing: number): number {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : missing
}

/** Names come from strangers and go to terminals. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
}
