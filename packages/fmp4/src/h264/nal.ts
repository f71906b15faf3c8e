/** Types of H.264 NAL units. @see ITU-T H.264 table 7-1 */
export const nalTypes = {
  slice: 1,
  dataPartitionA: 2,
  dataPartitionB: 3,
  dataPartitionC: 4,
  idrSlice: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  filler: 12,
} as const

/** @returns The type of a NAL unit, 0 for an empty one. */
export function nalType(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 0x1f
}
