import {
  bytes,
  isTlvError,
  nested,
  optional,
  required,
  type TlvSchema,
  tlvSchema,
  uint8,
  uint16,
} from '@hksv/tlv8'

import { HdsError } from './errors.ts'

/**
 * The value of SupportedDataStreamTransportConfiguration (130): a list with the one transport there
 * is, HDS over TCP. Not to be changed.
 *
 * @see observed: HAP-NodeJS 1.2.0
 */
export const SUPPORTED_DATA_STREAM_TRANSPORT: Uint8Array = Uint8Array.of(
  0x01,
  0x03,
  0x01,
  0x01,
  0x00,
)

/** What a controller writes to SetupDataStreamTransport (131). */
export interface SetupRequest {
  /** 32 random bytes. */
  readonly controllerKeySalt: Uint8Array
}

/** What the accessory answers. */
export type SetupResponse =
  | {
      readonly status: 'success'
      /** The TCP port that takes the connection, at the address of the HAP session. */
      readonly port: number
      /** 32 random bytes. */
      readonly accessoryKeySalt: Uint8Array
    }
  | { readonly status: 'error' }
  /** All sessions are taken. */
  | { readonly status: 'busy' }

interface RequestFields {
  readonly command: number
  readonly transport: number
  readonly controllerKeySalt: Uint8Array
}

interface ResponseFields {
  readonly status: number
  readonly parameters?: { readonly port: number }
  readonly accessoryKeySalt?: Uint8Array
}

const START_SESSION = 0
const HDS_OVER_TCP = 0
const statuses = ['success', 'error', 'busy'] as const

const salt = bytes({ length: 32 })

// 01 command, 02 transport, 03 controller's salt.
const requestSchema: TlvSchema<RequestFields> = tlvSchema<RequestFields>({
  command: required(0x01, uint8),
  transport: required(0x02, uint8),
  controllerKeySalt: required(0x03, salt),
})

// 01 status, 02 parameters (01 port), 03 accessory's salt.
const responseSchema: TlvSchema<ResponseFields> = tlvSchema<ResponseFields>({
  status: required(0x01, uint8),
  parameters: optional(
    0x02,
    nested(tlvSchema<{ readonly port: number }>({ port: required(0x01, uint16) })),
  ),
  accessoryKeySalt: optional(0x03, salt),
})

/**
 * @returns The value to write to SetupDataStreamTransport, with a write response asked for.
 * @throws RangeError unless the salt has 32 bytes.
 * @see observed: home hubs
 */
export function encodeSetupRequest({ controllerKeySalt }: SetupRequest): Uint8Array {
  return requestSchema.encode({
    command: START_SESSION,
    transport: HDS_OVER_TCP,
    controllerKeySalt,
  })
}

/**
 * Reads strictly: what is malformed is answered with HAP status -70410.
 *
 * @throws HdsError HDS_SETUP.
 */
export function decodeSetupRequest(value: Uint8Array): SetupRequest {
  const { command, transport, controllerKeySalt } = tlv(() => requestSchema.decode(value))
  if (command !== START_SESSION || transport !== HDS_OVER_TCP) {
    throw new HdsError('HDS_SETUP', { detail: `command ${command}, transport ${transport}` })
  }
  return { controllerKeySalt }
}

/**
 * @returns The value of the write response.
 * @throws RangeError unless the port is from 1 to 65535 and the salt has 32 bytes.
 */
export function encodeSetupResponse(response: SetupResponse): Uint8Array {
  const status = statuses.indexOf(response.status)
  if (response.status !== 'success') return responseSchema.encode({ status })
  const { port, accessoryKeySalt } = response
  if (port === 0) throw new RangeError('a port is from 1 to 65535')
  return responseSchema.encode({ status, parameters: { port }, accessoryKeySalt })
}

/** @returns What a later read of the characteristic shows: the response without its salt. */
export function encodeSetupReadback(response: SetupResponse): Uint8Array {
  const status = statuses.indexOf(response.status)
  if (response.status !== 'success') return responseSchema.encode({ status })
  return responseSchema.encode({ status, parameters: { port: response.port } })
}

/**
 * Reads leniently what accessories answer.
 *
 * @throws HdsError HDS_SETUP, also when a success lacks port or salt.
 */
export function decodeSetupResponse(value: Uint8Array): SetupResponse {
  const fields = tlv(() => responseSchema.decodeLenient(value))
  const status = statuses[fields.status]
  if (status === undefined) throw new HdsError('HDS_SETUP', { detail: `status ${fields.status}` })
  if (status !== 'success') return { status }
  const { parameters, accessoryKeySalt } = fields
  if (parameters === undefined || parameters.port === 0 || accessoryKeySalt === undefined) {
    throw new HdsError('HDS_SETUP', { detail: 'no port or no salt' })
  }
  return { status, port: parameters.port, accessoryKeySalt }
}

function tlv<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    if (isTlvError(cause)) throw new HdsError('HDS_SETUP', { detail: cause.message, cause })
    throw cause
  }
}
