import type { RtspResponse } from './message.ts'
import { isSuccess, isUnknownMethod } from './refusal.ts'
import type { SessionHeader } from './transport.ts'

/** How a session is kept alive. */
export class Keepalive {
  /** The best first. */
  #methods: readonly string[] = ['OPTIONS']

  /** What is asked next; nothing for a camera that has no method for it. */
  get method(): string | undefined {
    return this.#methods[0]
  }

  /** Takes the answer to OPTIONS. */
  offered(answer: RtspResponse): void {
    const methods = (answer.headers.get('public') ?? []).join(',').toUpperCase()
    if (isSuccess(answer) && methods.includes('GET_PARAMETER'))
      this.#methods = ['GET_PARAMETER', 'OPTIONS']
  }

  /** Takes the answer to a keepalive. */
  answered(answer: RtspResponse): void {
    if (isUnknownMethod(answer)) this.#methods = this.#methods.slice(1)
  }

  /** @returns When to ask: at half of the time after which the session is forgotten. */
  after(now: number, session: SessionHeader | undefined): number {
    if (this.method === undefined) return Number.POSITIVE_INFINITY
    return now + (session?.timeoutMs ?? 60_000) / 2
  }
}
