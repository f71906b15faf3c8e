import { nalType, nalTypes } from '../h264/nal.ts'
import { hevcLayerId, hevcNalType, hevcNalTypes, isIrap, isRasl } from '../h265/nal.ts'
import type { VideoCodec } from './state.ts'

/** What the inspector has to know of a codec's NAL units. */
export interface NalSyntax {
  /** How people call a picture that decoding begins with. */
  readonly keyName: string
  typeOf(nal: Uint8Array): number
  /** Whether the unit may stand in a sample: slices and SEI. */
  isAllowed(nal: Uint8Array): boolean
  /** Whether units of this type make a picture that decoding can begin with. */
  isKey(type: number): boolean
  /** Whether pictures of this type come between a key picture and what is shown behind it. */
  isLeading(type: number): boolean
  /** Whether such a picture is lost when decoding begins at the key picture. */
  isLost(type: number): boolean
}

/** By codec. */
export const nalSyntaxes: Readonly<Record<VideoCodec, NalSyntax>> = {
  h264: {
    keyName: 'IDR',
    typeOf: nalType,
    isAllowed: nal => nalType(nal) >= nalTypes.slice && nalType(nal) <= nalTypes.sei,
    isKey: type => type === nalTypes.idrSlice,
    isLeading: () => false,
    isLost: () => false,
  },
  h265: {
    keyName: 'IRAP',
    typeOf: hevcNalType,
    isAllowed: nal => isHevcContent(hevcNalType(nal)) && hevcLayerId(nal) === 0,
    isKey: isIrap,
    isLeading: type => type >= hevcNalTypes.radlN && type <= hevcNalTypes.raslR,
    isLost: isRasl,
  },
}

/** @returns Whether it is a slice of a type that is not reserved, or SEI. */
function isHevcContent(type: number): boolean {
  const { raslR, blaWLp, cra, prefixSei, suffixSei } = hevcNalTypes
  return (
    type <= raslR || (type >= blaWLp && type <= cra) || type === prefixSei || type === suffixSei
  )
}
