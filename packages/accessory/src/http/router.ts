import type { CryptoProvider } from '@hksv/crypto'
import {
  ADMIN,
  decodePairingsRequest,
  type HttpRequest,
  hapStatus,
  isHapError,
  type PairingError,
  type PairSetupEvent,
  pairingError,
  pairingMessage,
  RecordOpener,
  RecordSealer,
} from '@hksv/hap'

import { ACCESSORY_ID } from '../database/attribute-database.ts'
import { isAccessoryError } from '../errors.ts'
import {
  type EndpointContext,
  prepareTimedWrite,
  readCharacteristics,
  writeCharacteristics,
} from './characteristics-endpoint.ts'
import { type JsonObject, parseJson } from './json.ts'
import {
  empty,
  json,
  jsonText,
  pairingTlv,
  type Reply,
  UNAUTHORIZED,
  unauthorized,
} from './reply.ts'
import { RequestScope } from './request-scope.ts'
import type { HapSession } from './session.ts'

/** What a picture is asked for. */
export interface SnapshotRequest {
  readonly width: number
  readonly height: number
  /** 0 periodic, 1 event; absent from controllers that know nothing of Secure Video. */
  readonly reason?: number
}

/** What the router needs of the accessory. */
export interface RouterContext extends EndpointContext {
  readonly crypto: CryptoProvider
  /** The list of pairings has changed, and is on the disk. Resolves when what follows from it is. */
  pairingsChanged(): Promise<void>
  /** A controller has proved who it is, and from the answer on the session is its. */
  verified(session: HapSession): void
  identify(): void
  /** A JPEG, or the status to refuse with; absent when there is no camera. */
  readonly snapshot?:
    | ((request: SnapshotRequest, signal: AbortSignal) => Promise<Uint8Array | number>)
    | undefined
}

/** Sides of a picture, in pixels. */
const MIN_SIDE = 16
const MAX_SIDE = 4096

type Handler = (
  context: RouterContext,
  session: HapSession,
  request: HttpRequest,
) => Reply | Promise<Reply>
type SecuredHandler = (
  context: RouterContext,
  session: HapSession,
  request: HttpRequest,
  scope: RequestScope,
) => Reply | Promise<Reply>

interface Route {
  readonly methods: Readonly<Record<string, Handler>>
  /** The answer to any other method before pair-verify. */
  readonly wrongMethod: 405 | typeof UNAUTHORIZED
}

/**
 * Answers one request. What is open before pair-verify and what after it, and with which status the
 * rest is refused, follows Apple's published accessory kit.
 *
 * @see HomeKit Accessory Protocol R2 §6.2.3, §6.7
 */
export function route(
  context: RouterContext,
  session: HapSession,
  request: HttpRequest,
): Reply | Promise<Reply> {
  const { method, target, headers } = request
  const isSecured = session.requester !== undefined
  const found = routes.get(target.split(/[?#]/, 1)[0] ?? '')
  if (found === undefined) return empty(isSecured ? 404 : UNAUTHORIZED)
  const handler = Object.hasOwn(found.methods, method) ? found.methods[method] : undefined
  if (handler === undefined) return empty(isSecured ? 405 : found.wrongMethod)
  if (method !== 'GET' && !headers.has('content-length')) return empty(400)
  try {
    const reply = handler(context, session, request)
    return reply instanceof Promise ? reply.catch(refuseMalformed) : reply
  } catch (error) {
    return refuseMalformed(error)
  }
}

/** @throws Whatever is not the peer's fault. */
function refuseMalformed(error: unknown): Reply {
  const isMalformed =
    isHapError(error) && ['PAIR_MALFORMED', 'PAIR_UNEXPECTED_STATE'].includes(error.code)
  if (isMalformed) return empty(400)
  throw error
}

const pairSetup: Handler = async (context, session, { body }) => {
  if (session.requester !== undefined) return empty(400)
  const events = session.pairSetup.receive(body, context.now())
  const answer = session.pairSetup.take() ?? new Uint8Array(0)
  for (const event of events) {
    const error = await applyPairSetupEvent(context, event)
    if (error === undefined) continue
    session.pairSetup.close()
    return pairingTlv(pairingMessage.encode({ state: 6, error }))
  }
  return pairingTlv(answer)
}

/** @returns Why the last message cannot be what the machine has made. */
async function applyPairSetupEvent(
  context: RouterContext,
  event: PairSetupEvent,
): Promise<PairingError | undefined> {
  switch (event.type) {
    case 'attempts-changed':
      if (event.failedAttempts > 0) {
        context.log.warn(`Wrong setup code (attempt ${event.failedAttempts} of 100).`)
      }
      // The count in memory holds even if it cannot be stored.
      await onceStored(context.pairings.saveFailedAttempts())
      return undefined
    case 'paired': {
      const isFirst = await onceStored(context.pairings.addFirst(event.pairing))
      if (isFirst === undefined) return pairingError.unknown
      if (!isFirst) return pairingError.unavailable
      await context.pairingsChanged()
      return undefined
    }
  }
}

/** @returns `undefined` when the storage cannot be written, which the storage itself reports. */
async function onceStored<T>(saved: Promise<T>): Promise<T | undefined> {
  try {
    return await saved
  } catch (error) {
    if (isAccessoryError(error) && error.code === 'STORAGE_UNUSABLE') return undefined
    throw error
  }
}

const pairVerify: Handler = (context, session, { body }) => {
  if (session.requester !== undefined) return empty(400)
  const [verified] = session.pairVerify.receive(body)
  const answer = session.pairVerify.take() ?? new Uint8Array(0)
  if (verified === undefined) return pairingTlv(answer)
  const { keys, identifier: controllerId, sharedSecret } = verified
  const opener = new RecordOpener(context.crypto, keys.controllerToAccessory)
  const sealer = new RecordSealer(context.crypto, keys.accessoryToController)
  // The answer itself still goes in the clear.
  return pairingTlv(answer, () => {
    session.verified({ controllerId, sharedSecret }, opener, sealer)
    context.verified(session)
  })
}

const identify: Handler = context => {
  if (context.pairings.size > 0) return json(400, { status: hapStatus.insufficientPrivileges })
  context.identify()
  return empty(204)
}

const pairings: SecuredHandler = async (context, _session, { body }, { requester }) => {
  const request = decodePairingsRequest(body)
  const result = await onceStored(context.pairings.apply(request, requester.controllerId))
  if (result === undefined) {
    return pairingTlv(pairingMessage.encode({ state: 2, error: pairingError.unknown }))
  }
  const { answer, isChanged } = result
  // Ends the sessions of whoever is gone: that of the requester itself once it has its answer.
  if (isChanged) await context.pairingsChanged()
  return pairingTlv(answer)
}

const accessories: SecuredHandler = async (context, _session, _request, scope) =>
  jsonText(200, await context.database.describe(scope))

const prepare: SecuredHandler = (context, session, { body }) =>
  prepareTimedWrite(session, parseJson(body), context.now())

const resource: SecuredHandler = async (context, session, { body }) => {
  const fields = parseJson(body)
  if (!isObject(fields)) return empty(400)
  const request = parseSnapshotRequest(fields)
  if (request === undefined) return empty(400)
  if (request === 'unknown' || context.snapshot === undefined) {
    return json(404, { status: hapStatus.doesNotExist })
  }
  const picture = await context.snapshot(request, session.signal)
  if (typeof picture === 'number') return json(207, { status: picture })
  return { status: 200, contentType: 'image/jpeg', body: picture }
}

function isObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function parseSnapshotRequest(fields: JsonObject): SnapshotRequest | 'unknown' | undefined {
  // A wish: what no picture can be made of becomes the size that is closest, or the usual one.
  const size = (value: unknown, standard: number): number =>
    typeof value === 'number' && value >= 1
      ? Math.min(MAX_SIDE, Math.max(MIN_SIDE, Math.round(value)))
      : standard
  if (fields['resource-type'] !== 'image') return 'unknown'
  const { aid, reason } = fields
  if (aid !== undefined && aid !== ACCESSORY_ID) return 'unknown'
  if (reason !== undefined && typeof reason !== 'number') return undefined
  const picture = {
    width: size(fields['image-width'], 1280),
    height: size(fields['image-height'], 720),
  }
  return reason === undefined ? picture : { ...picture, reason }
}

/** Wraps a handler that needs pair-verify; `refusal` is its answer without. */
function secured(refusal: () => Reply, handler: SecuredHandler): Handler {
  return (context, session, request) => {
    const { requester } = session
    const pairing = requester && context.pairings.find(requester.controllerId)
    // A session whose pairing is gone is as good as none.
    if (requester === undefined || pairing === undefined) return refusal()
    const scope = new RequestScope(requester, (pairing.permissions & ADMIN) !== 0)
    const reply = handler(context, session, request, scope)
    if (reply instanceof Promise) return reply.finally(() => scope.close())
    scope.close()
    return reply
  }
}

const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/pair-setup', { methods: { POST: pairSetup }, wrongMethod: 405 }],
  ['/pair-verify', { methods: { POST: pairVerify }, wrongMethod: 405 }],
  ['/identify', { methods: { POST: identify }, wrongMethod: 405 }],
  [
    '/pairings',
    {
      methods: { POST: secured(() => empty(UNAUTHORIZED), pairings) },
      wrongMethod: UNAUTHORIZED,
    },
  ],
  [
    '/accessories',
    { methods: { GET: secured(unauthorized, accessories) }, wrongMethod: UNAUTHORIZED },
  ],
  [
    '/characteristics',
    {
      methods: {
        GET: secured(unauthorized, (context, session, { target }, scope) =>
          readCharacteristics(context, session, scope, target),
        ),
        PUT: secured(unauthorized, (context, session, { body }, scope) =>
          writeCharacteristics(context, session, scope, parseJson(body)),
        ),
      },
      wrongMethod: UNAUTHORIZED,
    },
  ],
  ['/prepare', { methods: { PUT: secured(unauthorized, prepare) }, wrongMethod: UNAUTHORIZED }],
  ['/resource', { methods: { POST: secured(unauthorized, resource) }, wrongMethod: UNAUTHORIZED }],
])
