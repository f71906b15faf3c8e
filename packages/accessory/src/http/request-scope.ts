import type { RequestContext, Requester } from '../database/request-context.ts'

/** Controllers give up on a request after ten seconds. */
const DEADLINE_MS = 9000

/** One request of a verified connection, from its arrival to its answer. */
export class RequestScope implements RequestContext {
  readonly requester: Requester
  readonly isAdmin: boolean
  /** Made when a handler asks for it: most requests are answered before anybody does. */
  #ended: AbortController | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #connectionEnded = () => this.#ended?.abort(this.requester.signal.reason)

  constructor(requester: Requester, isAdmin: boolean) {
    this.requester = requester
    this.isAdmin = isAdmin
  }

  get signal(): AbortSignal {
    if (this.#ended !== undefined) return this.#ended.signal
    const ended = new AbortController()
    this.#ended = ended
    const { signal } = this.requester
    if (signal.aborted) ended.abort(signal.reason)
    else {
      signal.addEventListener('abort', this.#connectionEnded, { once: true })
      const timeout = () => ended.abort(new DOMException('9 s are over', 'TimeoutError'))
      this.#timer = setTimeout(timeout, DEADLINE_MS)
    }
    return ended.signal
  }

  /** The answer is there: nothing keeps time any more. */
  close(): void {
    clearTimeout(this.#timer)
    if (this.#ended !== undefined) {
      this.requester.signal.removeEventListener('abort', this.#connectionEnded)
    }
  }
}
