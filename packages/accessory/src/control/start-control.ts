import type { RunningCamera } from '../start-camera.ts'
import { type Answer, answerFor, type ControlRequest, failed } from './control-routes.ts'
import { ControlServer } from './control-server.ts'
import { controlTarget } from './control-target.ts'

/** How one control API for several cameras is started. */
export interface ControlOptions {
  readonly host: string
  readonly port: number
  /** Needed beyond the loopback. */
  readonly token?: string
  /** By the names that paths have them by; without a camera where it does not run. Read at each request. */
  readonly cameras: ReadonlyMap<string, RunningCamera | undefined>
  /** What `GET /metrics` answers for all of them, in the text format of Prometheus. */
  readonly metrics?: () => Promise<string>
}

/** A control API, until it is closed. */
export interface RunningControl extends AsyncDisposable {
  readonly url: string
  close(): Promise<void>
}

const OF_ONE = /^\/cameras\/([^/]+)(\/.+)$/
const OF_THE_PROCESS: ReadonlySet<string> = new Set(['/cameras', '/healthz', '/metrics'])

/**
 * Starts one control API for several cameras: `GET /cameras`, `/healthz` and `/metrics` are of all of
 * them, and everything that a camera of its own would answer is below `/cameras/NAME`.
 *
 * @throws AccessoryError `OPTION_INVALID` for an address beyond the loopback without a token,
 * `PORT_IN_USE`, `BIND_FAILED`.
 */
export async function startControl(options: ControlOptions): Promise<RunningControl> {
  const server = new ControlServer(request => answer(options, request), options.token)
  const url = await server.listen(options.host, options.port)
  return {
    url,
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

function answer(options: ControlOptions, request: ControlRequest): Answer | Promise<Answer> {
  const { cameras } = options
  if (OF_THE_PROCESS.has(request.path)) return answerOfAll(options, request)
  const [, text = '', path = ''] = OF_ONE.exec(request.path) ?? []
  const name = decoded(text)
  if (!cameras.has(name)) {
    const known = [...cameras.keys()].map(key => `/cameras/${key}`).join(', ')
    return failed(404, `no such path; the cameras are ${known}`)
  }
  const camera = cameras.get(name)
  if (camera === undefined) return failed(503, `${name} does not run`)
  return answerFor(controlTarget(camera, undefined), { ...request, path })
}

async function answerOfAll(options: ControlOptions, { method, path }: ControlRequest) {
  if (method !== 'GET') return failed(405, 'method not allowed')
  if (path === '/healthz') return { status: 200, body: { ok: true } }
  if (path === '/cameras') {
    const cameras = [...options.cameras].map(([camera, running]) => ({
      camera,
      isRunning: running !== undefined,
      ...running?.state,
    }))
    return { status: 200, body: { cameras } }
  }
  if (options.metrics === undefined) return failed(404, 'nobody counts here')
  const contentType = 'text/plain; version=0.0.4; charset=utf-8'
  return { status: 200, body: await options.metrics(), contentType }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // No camera has this name.
    return ''
  }
}
