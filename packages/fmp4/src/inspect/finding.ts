/**
 * What an inspector can find, with the number of the check it belongs to:
 * 1 boxes, 2 tracks of the head, 3 video configuration, 4 audio configuration, 5 fragment head,
 * 6 data ranges, 7 key frames, 8 video data, 9 audio data, 10 timing.
 */
export const inspectionRules = {
  /** Other boxes at the top of an init segment than `ftyp` and `moov`. */
  'top-level-boxes': 1,
  /** Sizes do not add up, or what cannot be read as boxes at all. */
  'box-size': 1,
  'box-unknown': 1,
  'box-missing': 1,
  /** A reserved or pre_defined field without its mandated value. */
  'reserved-field': 1,
  /** An entry count that differs from the boxes that follow. */
  'entry-count': 1,
  'mvex-missing': 2,
  /** A track without `trex`, or the other way round. */
  'trex-tracks': 2,
  /** A track id that is 0 or used twice. */
  'track-ids': 2,
  'next-track-id': 2,
  /** Another video codec than H.264 in `avc1` and H.265 in `hvc1`; its configuration is not checked. */
  'video-codec': 3,
  /** H.265 in `hev1`, which hubs do not take, instead of `hvc1`. */
  'sample-entry': 3,
  'avcc-unreadable': 3,
  'hvcc-unreadable': 3,
  /** No VPS (H.265), no SPS or no PPS. */
  'parameter-sets': 3,
  /** Sizes in SPS, sample entry and track header differ. */
  'picture-size': 3,
  /** Profile, compatibility, tier, constraints or level differ from the SPS. */
  'profile-level': 3,
  'avcc-reserved-bits': 3,
  /** The fields of the High profiles are missing, or there without such a profile. */
  'avcc-extension': 3,
  'hvcc-reserved-bits': 3,
  /** Chroma format or bit depths differ from the SPS. */
  'hvcc-format': 3,
  /** An array of an `hvc1` entry that allows parameter sets in samples. */
  'hvcc-completeness': 3,
  /** Another audio codec than AAC in `mp4a`. */
  'audio-codec': 4,
  'esds-unreadable': 4,
  /** Rates in AudioSpecificConfig, sample entry and media header differ. */
  'audio-rate': 4,
  'audio-channels': 4,
  'audio-object-type': 4,
  /** Other boxes at the top of a fragment than one `moof` and one `mdat`, and `prft` in front of them. */
  'fragment-boxes': 5,
  'sequence-number': 5,
  'unknown-track': 5,
  /** default-base-is-moof is not set. */
  'data-base': 5,
  'tfdt-version': 5,
  /** The decode time is not the end of the fragment before, or 0 in the first one. */
  'decode-time': 5,
  /** No `prft` in front of a `moof` of H.265. */
  'prft-missing': 5,
  /** A `prft` in front of a `moof` of H.264. */
  'prft-unexpected': 5,
  /** A `prft` of another version than 1, or with flags. */
  'prft-version': 5,
  /** A `prft` for another track than the video, or for a time that is not in its fragment. */
  'prft-reference': 5,
  /** A `trun` whose samples do not fill it. */
  'run-size': 6,
  /** The samples are not as long as the payload of `mdat`. */
  'data-size': 6,
  /** Samples outside of `mdat`, or on top of each other. */
  'data-range': 6,
  /** The first picture is none that decoding can begin with (IDR, in H.265 IRAP), or not marked as one. */
  'first-sample': 7,
  /** A later picture whose flags do not say what it is. */
  'sample-flags': 7,
  /** A sample that the lengths of its NAL units do not walk through. */
  'nal-length': 8,
  /** Parameter sets, delimiters or filler inside of samples. */
  'nal-type': 8,
  'nal-start-code': 8,
  'nal-trailing-zero': 8,
  'nal-forbidden-bit': 8,
  'adts-header': 9,
  /** An empty AAC frame, or one larger than AAC allows. */
  'audio-size': 9,
  /** Audio and video end too far apart, or the audio is missing. */
  'av-skew': 10,
  'fragment-duration': 10,
  /** A sample of duration 0. */
  'sample-duration': 10,
  /** Composition offsets that mean nothing, or without B frames. */
  'composition-offset': 10,
} as const

/** Name of a rule in {@link inspectionRules}. */
export type InspectionRule = keyof typeof inspectionRules

/** One thing that an inspector found. */
export interface Finding {
  /** Number of the check, 1 to 10. */
  readonly check: number
  readonly rule: InspectionRule
  /** Path of the box. */
  readonly box: string
  /** Bytes from the start of what was inspected. */
  readonly offset: number
  /** What was found and what should be there. */
  readonly text: string
}

/** Where a finding is. */
export interface Place {
  readonly path: string
  readonly offset: number
}

/** Hostile input could have one for every byte. */
const maxFindings = 200

/** Collects findings, up to 200. */
export class Findings {
  readonly list: Finding[] = []

  add(rule: InspectionRule, place: Place, text: string): void {
    if (this.list.length >= maxFindings) return
    const { path: box, offset } = place
    this.list.push({ check: inspectionRules[rule], rule, box, offset, text })
  }
}
