import {
  hevcNalType,
  hevcNalTypes,
  hevcParameterSetId,
  isFmp4Error,
  nalType,
  nalTypes,
  parseHevcSps,
  parseSps,
  type VideoCodec,
} from '@hksv/fmp4'

/** What a decoder has to know before the pictures, as the description of a source has it. */
export type VideoParameters =
  | {
      readonly codec: 'h264'
      readonly sps: readonly Uint8Array[]
      readonly pps: readonly Uint8Array[]
    }
  | {
      readonly codec: 'h265'
      readonly vps: readonly Uint8Array[]
      readonly sps: readonly Uint8Array[]
      readonly pps: readonly Uint8Array[]
    }

/** More cannot be meant: cameras have one of each type. */
const maxSets = 64
/** None was seen over 200 bytes; `avcC` has 16 bits for the length. */
const maxSetLength = 4096

interface ParameterSet {
  readonly type: number
  readonly id: number
  readonly nal: Uint8Array
  /** From the SDP: gives way to sets of its type that come with the pictures. */
  readonly isAnnounced: boolean
}

/** The parameter sets of a video track: those of the SDP, until others come with the pictures. */
export class ParameterSets {
  readonly #codec: VideoCodec
  #sets: ParameterSet[] = []
  #isChanged = false

  constructor(codec: VideoCodec, announced: readonly Uint8Array[] = []) {
    this.#codec = codec
    for (const nal of announced) this.#put(nal, true)
  }

  /** Whether sets were added or replaced since the last `parameters`. */
  get isChanged(): boolean {
    return this.#isChanged
  }

  /** How many pictures the current SPS lets come before one that is shown earlier; undefined when it does not say. */
  get reorderDepth(): number | undefined {
    const sps = this.#ofType(this.#codec === 'h264' ? nalTypes.sps : hevcNalTypes.sps)[0]
    if (sps === undefined) return undefined
    if (this.#codec === 'h265') return parseHevcSps(sps).maxReorderPictures
    const { pictureOrderCountType, profile, vui } = parseSps(sps)
    const isInOrder = pictureOrderCountType === 2 || profile === 66
    return isInOrder ? 0 : vui.maxReorderFrames
  }

  /** Takes a set that came with the pictures; what cannot be read is ignored. The bytes are copied. */
  add(nal: Uint8Array): void {
    this.#put(nal, false)
  }

  /** @returns The sets, as long as there is at least one of each type. Counts as having seen the changes. */
  parameters(): VideoParameters | undefined {
    this.#isChanged = false
    if (this.#codec === 'h264') {
      const [sps, pps] = [this.#ofType(nalTypes.sps), this.#ofType(nalTypes.pps)]
      return sps.length === 0 || pps.length === 0 ? undefined : { codec: 'h264', sps, pps }
    }
    const vps = this.#ofType(hevcNalTypes.vps)
    const [sps, pps] = [this.#ofType(hevcNalTypes.sps), this.#ofType(hevcNalTypes.pps)]
    const isComplete = vps.length > 0 && sps.length > 0 && pps.length > 0
    return isComplete ? { codec: 'h265', vps, sps, pps } : undefined
  }

  #put(nal: Uint8Array, isAnnounced: boolean): void {
    if (nal.length > maxSetLength) return
    const type = this.#codec === 'h264' ? nalType(nal) : hevcNalType(nal)
    if (!isAnnounced && this.#isKnown(nal, type)) return
    const id = this.#idOf(nal, type)
    if (id === undefined) return
    const stays = (set: ParameterSet) =>
      set.type !== type || (set.id !== id && (isAnnounced || !set.isAnnounced))
    const others = this.#sets.filter(stays)
    if (others.length >= maxSets) return
    this.#sets = [...others, { type, id, nal: new Uint8Array(nal), isAnnounced }]
    this.#isChanged = true
  }

  /** Whether the set is there and came with the pictures; nearly all are, as cameras repeat them. */
  #isKnown(nal: Uint8Array, type: number): boolean {
    for (const [i, set] of this.#sets.entries()) {
      if (set.type !== type || Buffer.compare(set.nal, nal) !== 0) continue
      if (!set.isAnnounced) return true
      // The SDP was right. Others of the type that it announced stay too.
      this.#sets[i] = { ...set, isAnnounced: false }
      return true
    }
    return false
  }

  #idOf(nal: Uint8Array, type: number): number | undefined {
    try {
      if (this.#codec === 'h265') return hevcParameterSetId(nal)
      if (type === nalTypes.sps) return parseSps(nal).id
      return type === nalTypes.pps ? firstExpGolomb(nal) : undefined
    } catch (error) {
      if (!isFmp4Error(error)) throw error
      return undefined
    }
  }

  #ofType(type: number): Uint8Array[] {
    return this.#sets.filter(set => set.type === type).map(set => set.nal)
  }
}

/**
 * Reads pic_parameter_set_id, with which a PPS begins: up to 255, so it fits 17 bits, and has no
 * emulation prevention in front. @returns Nothing when it is larger, or cut short.
 * @see ITU-T H.264 §7.3.2.2
 */
function firstExpGolomb(nal: Uint8Array): number | undefined {
  const bits = ((nal[1] ?? 0) << 16) | ((nal[2] ?? 0) << 8) | (nal[3] ?? 0)
  const zeros = Math.clz32(bits) - 8
  if (zeros > 8 || nal.length < 2) return undefined
  return (bits >> (23 - 2 * zeros)) - 1
}
