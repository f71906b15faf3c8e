export {
  bytes,
  float32,
  nested,
  type TlvCodec,
  type TlvMode,
  uint8,
  uint16,
  uint32,
  uint64,
  uintMinimal,
  utf8,
} from './codecs.ts'
export { isTlvError, TlvError, type TlvErrorCode, tlvErrors } from './errors.ts'
export {
  type ListField,
  list,
  type OptionalField,
  optional,
  type RequiredField,
  required,
  type TlvFieldOf,
  type TlvTable,
} from './fields.ts'
export { decodeItems, decodeListItems, encodeItems, splitItems, type TlvItem } from './items.ts'
export { type TlvSchema, type TlvValue, tlvSchema } from './schema.ts'
