import {
  Fmp4Error,
  parseAudioSpecificConfig,
  parseAvcConfiguration,
  parseElementaryStreamDescriptor,
  parseSps,
  readMovie,
} from '@hksv/fmp4'

const readers = [
  readMovie,
  parseSps,
  parseAvcConfiguration,
  parseElementaryStreamDescriptor,
  parseAudioSpecificConfig,
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
