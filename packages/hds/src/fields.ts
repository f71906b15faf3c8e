import type { OpackDictionary, OpackValue } from './opack/index.ts'
import { dataSendReason } from './status.ts'

/** @returns A stream's number (an integer from 0 on, at most 2^53 - 1), or `undefined`. */
export function streamIdOf(value: OpackValue | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}

/**
 * @param absent What it means that there is none.
 * @returns The reason of a `close`; some write it under `status`, as HomeKit Secure Video R2 does.
 */
export function reasonOf(message: OpackDictionary, absent: number): number {
  const reason = message.get('reason') ?? message.get('status') ?? absent
  return typeof reason === 'number' ? reason : dataSendReason.unexpectedFailure
}
