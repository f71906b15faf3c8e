import { nalType, nalTypes } from './h264/nal.ts'
import { hevcLayerId, hevcNalType, hevcNalTypes, isIrap, isRasl } from './h265/nal.ts'

/** Codecs whose NAL units are looked into. */
export type VideoCodec = 'h264' | 'h265'

/** What one has to know of a codec's NAL units to cut a stream and to check it. */
export interface NalSyntax {
  /** How people call a picture that decoding begins with. */
  readonly keyName: string
  /** The type of a NAL unit that is not empty. */
  typeOf(nal: Uint8Array): number
  /** Whether the unit is of the layer that every decoder shows, and not cut short. */
  isOfBaseLayer(nal: Uint8Array): boolean
  isSlice(type: number): boolean
  isParameterSet(type: number): boolean
  /** Whether the unit belongs into a sample: a slice or SEI that every decoder needs. */
  isContent(nal: Uint8Array): boolean
  /** Whether slices of this type make a picture that decoding can begin with. */
  isKey(type: number): boolean
  /** Whether behind such a picture there may be some that need what came before it. */
  mayBeOpen(type: number): boolean
  /** Whether pictures of this type come between a key picture and what is shown behind it. */
  isLeading(type: number): boolean
  /** Whether such a picture is lost when decoding begins at the key picture. */
  isLost(type: number): boolean
}

const { slice, idrSlice, sei } = nalTypes
const { radlN, raslR, blaWLp, cra, vps, sps, pps, prefixSei, suffixSei } = hevcNalTypes

/** By codec. @see ITU-T H.264 table 7-1, ITU-T H.265 table 7-1 */
export const nalSyntaxes: Readonly<Record<VideoCodec, NalSyntax>> = {
  h264: {
    keyName: 'IDR',
    typeOf: nalType,
    isSlice: type => type >= slice && type <= idrSlice,
    isParameterSet: type => type === nalTypes.sps || type === nalTypes.pps,
    // Units of other layers have types of their own.
    isOfBaseLayer: nal => nal.length > 0,
    isContent: nal => nalType(nal) >= slice && nalType(nal) <= sei,
    isKey: type => type === idrSlice,
    mayBeOpen: () => false,
    isLeading: () => false,
    isLost: () => false,
  },
  h265: {
    keyName: 'IRAP',
    typeOf: hevcNalType,
    isSlice: isHevcSlice,
    isParameterSet: type => type === vps || type === sps || type === pps,
    isOfBaseLayer: isOfHevcBaseLayer,
    isContent: nal => isHevcContent(hevcNalType(nal)) && isOfHevcBaseLayer(nal),
    isKey: isIrap,
    mayBeOpen: type => type === blaWLp || type === cra,
    isLeading: type => type >= radlN && type <= raslR,
    isLost: isRasl,
  },
}

/** Types of slices that are not reserved. */
function isHevcSlice(type: number): boolean {
  return type <= raslR || (type >= blaWLp && type <= cra)
}

function isOfHevcBaseLayer(nal: Uint8Array): boolean {
  return nal.length > 2 && hevcLayerId(nal) === 0
}

function isHevcContent(type: number): boolean {
  return isHevcSlice(type) || type === prefixSei || type === suffixSei
}
