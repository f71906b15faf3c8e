import * as v from 'valibot'

const MAX_DETECTION_MS = 10 * 60_000

const detectionBody = v.pipe(
  v.unknown(),
  v.check(body => !Array.isArray(body)),
  v.object({
    durationMs: v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_DETECTION_MS)),
      10_000,
    ),
  }),
)

/** What the control API does. */
export interface ControlTarget {
  /** @returns Whether anybody was told. */
  raiseMotion(durationMs: number): boolean
  clearMotion(): void
  /** @returns False when the camera has no such sensor, or is switched off. */
  raiseOccupancy(durationMs: number): boolean
  clearOccupancy(): void
  /** @returns False when the camera is no doorbell. */
  ringDoorbell(): boolean
  setManuallyDisabled(isDisabled: boolean): Promise<void>
  state(): object
  events(): readonly object[]
  /** @returns Nothing while the camera is switched off. */
  snapshot(width: number, height: number): Promise<Uint8Array | undefined>
  /** In the text format of Prometheus, unless nobody counts. */
  readonly metrics?: (() => Promise<string>) | undefined
}

/** An answer of the control API. */
export interface Answer {
  readonly status: number
  /** An object is sent as JSON. */
  readonly body: Uint8Array | string | object
  readonly contentType?: string
}

/** A request of the control API, whose body has been read. */
export interface ControlRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
}

type Handler = (
  target: ControlTarget,
  body: string,
  query: URLSearchParams,
) => Answer | Promise<Answer>

/** Handlers by path and method. */
const routes: ReadonlyMap<string, Readonly<Record<string, Handler>>> = new Map([
  [
    '/motion',
    {
      POST: (target, body) =>
        raise(body, 'motion', 'the camera is switched off', ms => target.raiseMotion(ms)),
    },
  ],
  ['/motion/clear', { POST: target => ok({ motion: false }, () => target.clearMotion()) }],
  [
    '/occupancy',
    {
      POST: (target, body) =>
        raise(body, 'occupancy', 'no occupancy sensor, or switched off', ms =>
          target.raiseOccupancy(ms),
        ),
    },
  ],
  ['/occupancy/clear', { POST: target => ok({ occupancy: false }, () => target.clearOccupancy()) }],
  [
    '/doorbell',
    {
      POST: target =>
        target.ringDoorbell() ? ok({ rung: true }) : failed(409, 'the camera is no doorbell'),
    },
  ],
  ['/disable', { POST: target => disable(target, true) }],
  ['/enable', { POST: target => disable(target, false) }],
  ['/state', { GET: target => ok(target.state()) }],
  ['/events', { GET: target => ok(target.events()) }],
  ['/healthz', { GET: () => ok({ ok: true }) }],
  ['/metrics', { GET: metrics }],
  ['/snapshot.jpg', { GET: snapshot }],
] satisfies [string, Record<string, Handler>][])

/** Answers for one camera. */
export function answerFor(
  target: ControlTarget,
  { method, path, query, body }: ControlRequest,
): Answer | Promise<Answer> {
  const handlers = routes.get(path)
  if (handlers === undefined) return failed(404, 'no such path')
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined
  if (handler === undefined) return failed(405, 'method not allowed')
  return handler(target, body, query)
}

function ok(body: object, act?: () => void): Answer {
  act?.()
  return { status: 200, body }
}

/** @returns A refusal, with the reason for people. */
export function failed(status: number, error: string): Answer {
  return { status, body: { error } }
}

function raise(
  body: string,
  what: string,
  refusal: string,
  act: (durationMs: number) => boolean,
): Answer {
  const parsed = v.safeParse(detectionBody, parseJson(body))
  if (!parsed.success) return failed(400, `durationMs is 1 to ${MAX_DETECTION_MS}`)
  const { durationMs } = parsed.output
  return act(durationMs) ? ok({ [what]: true, durationMs }) : failed(409, refusal)
}

async function disable(target: ControlTarget, isDisabled: boolean): Promise<Answer> {
  await target.setManuallyDisabled(isDisabled)
  return ok({ disabled: isDisabled })
}

async function metrics(target: ControlTarget): Promise<Answer> {
  if (target.metrics === undefined) return failed(404, 'nobody counts here')
  const contentType = 'text/plain; version=0.0.4; charset=utf-8'
  return { status: 200, body: await target.metrics(), contentType }
}

async function snapshot(
  target: ControlTarget,
  _body: string,
  query: URLSearchParams,
): Promise<Answer> {
  const size = (name: string, standard: number) => Number(query.get(name) ?? standard)
  const [width, height] = [size('width', 1280), size('height', 720)]
  const isUsable = [width, height].every(n => Number.isInteger(n) && n > 0 && n <= 8192)
  if (!isUsable) return failed(400, 'width and height are 1 to 8192')
  const body = await target.snapshot(width, height)
  if (body === undefined) return failed(409, 'the camera is switched off')
  return { status: 200, body, contentType: 'image/jpeg' }
}

function parseJson(body: string): unknown {
  if (body === '') return {}
  try {
    return JSON.parse(body)
  } catch {
    // The schema refuses it.
    return undefined
  }
}
