export { HdsError, type HdsErrorCode, hdsErrors, isHdsError } from '../errors.ts'
export {
  type DecodedFirst,
  type DecodeOptions,
  decode,
  decodeFirst,
  MAX_REFERENCED_LENGTH,
  MAX_VALUES,
} from './reader.ts'
export { MAX_DEPTH } from './tags.ts'
export {
  type DataParts,
  dataParts,
  date,
  dictionary,
  float32,
  float64,
  type OpackDate,
  type OpackDictionary,
  type OpackFloat32,
  type OpackFloat64,
  type OpackInput,
  type OpackUuid,
  type OpackValue,
  uuid,
} from './value.ts'
export {
  type EncodeOptions,
  encode,
  encodedLength,
  encodeParts,
  REFERENCE_LENGTH,
} from './writer.ts'
