import {
  Fmp4Error,
  hevcParameterSetId,
  parseHevcConfiguration,
  parseHevcSps,
  writeHevcConfiguration,
} from '@hksv/fmp4'

const readers = [
  parseHevcSps,
  hevcParameterSetId,
  parseHevcConfiguration,
  // What was read is written again, or refused.
  bytes => writeHevcConfiguration(parseHevcConfiguration(bytes)),
]

export function fuzz(data) {
  const bytes = new Uint8Array(data)
  for (const read of readers) {
    try {
      read(bytes)
    } catch (error) {
      if (!(error instanceof Fmp4Error)) throw error
    }
  }
}
