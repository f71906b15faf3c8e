import { hex } from '../bytes.ts'
import { isFmp4Error } from '../errors.ts'
import { parseAvcConfiguration } from './avcc.ts'
import { parseElementaryStreamDescriptor } from './esds.ts'
import { parseHevcConfiguration } from './hvcc.ts'
import type { FieldValues } from './layout.ts'

/** Fields of what follows the fixed fields of some boxes, for people who read a box tree. */
const readers: Readonly<Record<string, (tail: Uint8Array) => FieldValues>> = {
  ftyp: tail => ({ compatibleBrands: (text(tail).match(/.{1,4}/gs) ?? []).join(' ') }),
  hdlr: tail => ({ name: text(tail).replace(/\0.*$/s, '') }),
  avcC: tail => {
    const { profile, compatibility, level, lengthSize, sps, pps } = parseAvcConfiguration(tail)
    const sets = { sps: hexes(sps), pps: hexes(pps) }
    return { profile, compatibility, level, lengthSize, ...sets }
  },
  hvcC: tail => {
    const { vps, sps, pps, isComplete, isTemporalIdNested, hasReservedBits, ...rest } =
      parseHevcConfiguration(tail)
    const sets = { vps: hexes(vps), sps: hexes(sps), pps: hexes(pps) }
    return { ...rest, arrayCompleteness: Number(isComplete), ...sets }
  },
  // Version and flags stand in front of the descriptors.
  esds: tail => {
    const { audioSpecificConfig, ...rest } = parseElementaryStreamDescriptor(tail.subarray(4))
    return { ...rest, audioSpecificConfig: hex(audioSpecificConfig) }
  },
}

/** @returns Fields of the bytes behind the fixed fields; `error` when they cannot be read. */
export function boxDetails(type: string, tail: Uint8Array): FieldValues {
  try {
    return (Object.hasOwn(readers, type) ? readers[type]?.(tail) : undefined) ?? {}
  } catch (error) {
    if (!isFmp4Error(error)) throw error
    return { error: error.message }
  }
}

function hexes(nals: readonly Uint8Array[]): string {
  return nals.map(hex).join(' ')
}

function text(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 256), byte => String.fromCharCode(byte)).join('')
}
