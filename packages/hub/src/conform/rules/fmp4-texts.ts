import type { InspectionRule } from '@hksv/fmp4'

type Texts = readonly [severity: 'must' | 'should', checks: string, matters: string, source: string]

const NEVER = 'the clip never appears'
const DAMAGED = 'the clip stutters, or shows damaged pictures'
const SOME = 'some players refuse what others take'
const BOXES = 'ISO/IEC 14496-12'
const CODEC = 'ISO/IEC 14496-15'
const AAC = 'ISO/IEC 14496-3, 14496-14'

/**
 * What users notice of each rule of the inspector. `must` where a recording is lost or damaged, or
 * differs from all that hubs were seen to take; `should` where encoders of cameras in use differ.
 */
export const inspectionTexts: Readonly<Record<InspectionRule, Texts>> = {
  'top-level-boxes': [
    'must',
    'the initialization is ftyp and moov',
    NEVER,
    `${BOXES} 8.16; Secure Video R2 §6`,
  ],
  'box-size': ['must', 'the sizes of boxes add up', NEVER, `${BOXES} 4.2`],
  'box-unknown': ['should', 'there are no boxes that nobody knows', SOME, `${BOXES} 4.2`],
  'box-missing': ['must', 'no mandatory box is missing', NEVER, `${BOXES} 6.2.3`],
  'reserved-field': ['should', 'reserved fields have their mandated values', SOME, BOXES],
  'entry-count': ['must', 'entry counts are those of the entries that follow', NEVER, BOXES],
  'mvex-missing': ['must', 'moov has mvex', NEVER, `${BOXES} 8.8.1`],
  'trex-tracks': ['must', 'each track has its trex', NEVER, `${BOXES} 8.8.3`],
  'track-ids': ['must', 'track ids are unique, and not 0', NEVER, `${BOXES} 8.3.2`],
  'next-track-id': [
    'should',
    'next_track_ID is larger than every track id',
    SOME,
    `${BOXES} 8.2.2; observed: ffmpeg`,
  ],
  'video-codec': ['must', 'video is H.264, or H.265', NEVER, 'Secure Video R2 §1'],
  'sample-entry': [
    'must',
    'H.265 is in hvc1',
    NEVER,
    `${CODEC} 8.4; observed: Apple players refuse hev1`,
  ],
  'avcc-unreadable': ['must', 'avcC can be read', NEVER, `${CODEC} 5.3.3`],
  'hvcc-unreadable': ['must', 'hvcC can be read', NEVER, `${CODEC} 8.3.3`],
  'parameter-sets': [
    'must',
    'the configuration holds SPS and PPS, of H.265 a VPS too',
    NEVER,
    `${CODEC} 5.3.3; observed: nest-accfactory`,
  ],
  'picture-size': [
    'must',
    'sizes in SPS, sample entry and track header agree',
    'pictures are stretched or cut',
    `${CODEC} 5.4.2`,
  ],
  'profile-level': ['should', 'profile and level are those of the SPS', SOME, `${CODEC} 5.3.3`],
  'avcc-reserved-bits': ['should', 'reserved bits of avcC are set', SOME, `${CODEC} 5.3.3`],
  'avcc-extension': [
    'should',
    'avcC has the fields of the High profiles with these alone',
    SOME,
    `${CODEC} 5.3.3; observed: go2rtc`,
  ],
  'hvcc-reserved-bits': ['should', 'reserved bits of hvcC are set', SOME, `${CODEC} 8.3.3`],
  'hvcc-format': [
    'must',
    'chroma format and bit depths are those of the SPS',
    DAMAGED,
    `${CODEC} 8.3.3`,
  ],
  'hvcc-completeness': ['should', 'arrays of hvc1 are complete', SOME, `${CODEC} 8.4`],
  'audio-codec': [
    'must',
    'audio is AAC',
    'the clip has no sound, or never appears',
    'Secure Video R2 §1',
  ],
  'esds-unreadable': ['must', 'esds can be read', 'the clip has no sound, or never appears', AAC],
  'audio-rate': [
    'must',
    'rates in AudioSpecificConfig, sample entry and media header agree',
    'sound and pictures drift apart',
    AAC,
  ],
  'audio-channels': [
    'should',
    'channels in AudioSpecificConfig and sample entry agree',
    SOME,
    `${AAC}; observed: ffmpeg writes 2 for mono`,
  ],
  'audio-object-type': ['must', 'the audio object type is LC or ELD', 'the clip has no sound', AAC],
  'fragment-boxes': [
    'must',
    'a fragment is one moof and one mdat',
    NEVER,
    `${BOXES} 8.8.4; Secure Video R2 §6`,
  ],
  'sequence-number': ['should', 'sequence numbers of mfhd go up', SOME, `${BOXES} 8.8.5`],
  'unknown-track': [
    'must',
    'fragments hold tracks of the initialization alone',
    NEVER,
    `${BOXES} 8.8.7`,
  ],
  'data-base': ['should', 'default-base-is-moof is set', SOME, `${BOXES} 8.8.7`],
  'tfdt-version': [
    'should',
    'tfdt has version 1',
    'very long recordings wrap around',
    `${BOXES} 8.8.12`,
  ],
  'decode-time': [
    'must',
    'decode times begin with 0 and go on without holes',
    'the clip has holes, or overwrites itself',
    `${BOXES} 8.8.12; observed: Apple home hub takes time 0 for the prebuffer`,
  ],
  'prft-missing': [
    'must',
    'prft stands before each moof of H.265',
    'hubs that take H.265 drop the clip',
    `${BOXES} 8.16.5; observed: hubs of 2026`,
  ],
  'prft-unexpected': [
    'should',
    'no prft stands before H.264',
    SOME,
    'observed: cameras with H.264 send none',
  ],
  'prft-version': ['should', 'prft has version 1 and no flags', SOME, `${BOXES} 8.16.5`],
  'prft-reference': [
    'should',
    'prft is of the video, and of a time in its fragment',
    SOME,
    `${BOXES} 8.16.5`,
  ],
  'run-size': [
    'must',
    'the samples of a trun fill it',
    NEVER,
    `${BOXES} 8.8.8; observed: homebridge-eufy`,
  ],
  'data-size': ['must', 'samples are as long as mdat', DAMAGED, `${BOXES} 8.8.8`],
  'data-range': [
    'must',
    'samples lie in mdat and not on top of each other',
    DAMAGED,
    `${BOXES} 8.8.8`,
  ],
  'first-sample': [
    'must',
    'each fragment begins with a key frame that is marked as one',
    'the clip begins grey, or is discarded',
    'Secure Video R2 §6; observed: scrypted',
  ],
  'sample-flags': [
    'should',
    'the flags of later pictures tell what they are',
    'jumping in the clip shows damaged pictures',
    `${BOXES} 8.8.3.1`,
  ],
  'nal-length': [
    'must',
    'the lengths of NAL units walk through each sample',
    NEVER,
    `${CODEC} 5.3.3`,
  ],
  'nal-type': [
    'should',
    'samples hold no parameter sets, delimiters or filler',
    SOME,
    `${CODEC} 5.3.3; observed: ffmpeg keeps them`,
  ],
  'nal-start-code': ['must', 'samples hold no start codes', NEVER, `${CODEC} 5.3.3`],
  'nal-trailing-zero': ['should', 'NAL units do not end with zeros', SOME, 'ITU-T H.264 7.4.1'],
  'nal-forbidden-bit': [
    'must',
    'the forbidden bit of NAL units is 0',
    DAMAGED,
    'ITU-T H.264 7.4.1',
  ],
  'adts-header': [
    'must',
    'AAC frames are raw, without ADTS headers',
    'the clip crackles, or has no sound',
    AAC,
  ],
  'audio-size': [
    'must',
    'AAC frames are as long as AAC allows, and not empty',
    'the clip crackles, or has no sound',
    AAC,
  ],
  'av-skew': [
    'must',
    'audio and video of a fragment end together, within a frame of each',
    'sound and pictures drift apart',
    'observed: cameras stay below one AAC frame',
  ],
  'fragment-duration': [
    'should',
    'fragments are as long as selected',
    'clips are discarded',
    'Secure Video R2 §3.8',
  ],
  'sample-duration': ['should', 'every sample lasts', DAMAGED, `${BOXES} 8.8.8`],
  'composition-offset': [
    'should',
    'composition offsets are there with B frames alone',
    DAMAGED,
    `${BOXES} 8.8.8`,
  ],
}
