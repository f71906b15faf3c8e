export type { VideoParameters } from '../rtp/parameter-sets.ts'
export { type AdtsFrame, AdtsReader } from './adts-reader.ts'
export { AdtsWriter, isAdtsConfig } from './adts-writer.ts'
export { type AccessUnit, AnnexBReader, type AnnexBReaderOptions } from './annex-b-reader.ts'
