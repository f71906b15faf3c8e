/** The verified connection that a request came on. */
export interface Requester {
  /** Pairing id of the controller. */
  readonly controllerId: string
  /** X25519 secret of its pair-verify, 32 bytes: HDS keys come from it. Never log it. */
  readonly sharedSecret: Uint8Array
  /** The address of ours that it talks to. */
  readonly localAddress: string
  /** Aborted when the connection ends. */
  readonly signal: AbortSignal
}

/** What a getter or setter knows of the request it answers. */
export interface RequestContext {
  readonly requester: Requester
  /** Whether the controller is an administrator of the home. */
  readonly isAdmin: boolean
  /** Aborted when the connection ends, or nine seconds after the request came: nobody waits then. */
  readonly signal: AbortSignal
}
