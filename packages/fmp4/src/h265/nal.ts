/**
 * Types of H.265 NAL units. 0 to 31 are slices; those of pictures that anything can begin with are 16
 * to 23 (IRAP).
 * @see ITU-T H.265 table 7-1
 */
export const hevcNalTypes = {
  trailN: 0,
  trailR: 1,
  /** Leading pictures that need nothing from before their IRAP picture. */
  radlN: 6,
  radlR: 7,
  /** Leading pictures that need what came before their IRAP picture. */
  raslN: 8,
  raslR: 9,
  blaWLp: 16,
  blaWRadl: 17,
  blaNLp: 18,
  idrWRadl: 19,
  idrNLp: 20,
  cra: 21,
  vps: 32,
  sps: 33,
  pps: 34,
  accessUnitDelimiter: 35,
  endOfSequence: 36,
  endOfBitstream: 37,
  filler: 38,
  prefixSei: 39,
  suffixSei: 40,
} as const

/** @returns The type of an H.265 NAL unit, from the first byte of its two-byte header; 0 for an empty one. */
export function hevcNalType(nal: Uint8Array): number {
  return ((nal[0] ?? 0) >> 1) & 0x3f
}

/**
 * @returns nuh_layer_id of an H.265 NAL unit: 0 for the pictures that every decoder shows.
 * @see ITU-T H.265 §7.3.1.2
 */
export function hevcLayerId(nal: Uint8Array): number {
  return (((nal[0] ?? 0) & 1) << 5) | ((nal[1] ?? 0) >> 3)
}

/** @returns Whether slices of this type make an IRAP picture (IDR, BLA, CRA): decoding can begin there. */
export function isIrap(type: number): boolean {
  return type >= 16 && type <= 23
}

/** @returns Whether slices of this type make a RASL picture, which is lost when decoding begins at its IRAP picture. */
export function isRasl(type: number): boolean {
  return type === hevcNalTypes.raslN || type === hevcNalTypes.raslR
}
