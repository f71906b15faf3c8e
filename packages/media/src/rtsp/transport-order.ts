/** Which transport is asked for: one, and when the camera refuses it, the other. */
export class TransportOrder {
  #current: 'tcp' | 'udp'
  #isFinal: boolean

  /** @param isOnly - There is no other. */
  constructor(first: 'tcp' | 'udp', isOnly: boolean) {
    this.#current = first
    this.#isFinal = isOnly
  }

  get current(): 'tcp' | 'udp' {
    return this.#current
  }

  /**
   * The camera refuses it.
   * @param isSecure - Over TLS; pictures are not sent in the open then, unless UDP was asked for.
   * @returns Whether there is another way.
   */
  change(isSecure: boolean): boolean {
    if (this.#isFinal || (this.#current === 'tcp' && isSecure)) return false
    this.#current = this.#current === 'tcp' ? 'udp' : 'tcp'
    this.#isFinal = true
    return true
  }
}
