import {
  Fmp4Error,
  MovieStream,
  parseAudioSpecificConfig,
  parseAvcConfiguration,
  parseElementaryStreamDescriptor,
  parseSps,
  readMovie,
} from '@hksv/fmp4'

const readers = [
  readMovie,
  bytes => new MovieStream().receive(bytes),
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
