import { isTlvError, type TlvSchema } from '@hksv/tlv8'

import type { RemoteCharacteristic } from './database.ts'
import { HubError } from './errors.ts'

/**
 * Decodes the TLV8 that a characteristic has as its value, in base64.
 *
 * @throws HubError `HUB_PROTOCOL`
 */
export function decodeTlv<T extends object>(
  schema: TlvSchema<T>,
  value: unknown,
  { name }: RemoteCharacteristic,
): T {
  try {
    return schema.decodeLenient(Buffer.from(typeof value === 'string' ? value : '', 'base64'))
  } catch (cause) {
    if (!isTlvError(cause)) throw cause
    throw new HubError('HUB_PROTOCOL', {
      message: `The camera's ${name} cannot be read: ${cause.message}. Tell its maker.`,
      cause,
    })
  }
}
