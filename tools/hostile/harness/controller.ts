import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  type ControllerIdentity,
  decodePairingsResponse,
  encodePairingsRequest,
  type HttpMessage,
  type PairedEvent,
  PairSetupController,
  PairVerifyController,
} from '@hksv/hap'

import { SETUP_CODE } from './camera.ts'
import { recordedRandom } from './random.ts'
import { request } from './request.ts'
import { type Ending, Wire } from './wire.ts'

interface ClientMachine<Event> {
  take(): Uint8Array | undefined
  receive(body: Uint8Array): Event[]
}

/** A controller whose keys and random numbers are the same in every run. */
export class Controller implements ControllerIdentity {
  readonly identifier: string
  readonly longTermKey: ControllerIdentity['longTermKey']
  readonly random: (length: number) => Uint8Array
  /** Known once paired. */
  accessory: PairedEvent['accessory'] | undefined
  #lastAccessory: PairedEvent['accessory'] | undefined

  constructor(seed: string) {
    this.random = recordedRandom(seed)
    const hex = Buffer.from(this.random(16)).toString('hex').toUpperCase()
    this.identifier = hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
    this.longTermKey = crypto.ed25519(this.random(32))
  }

  /** A machine of pair-setup that is about to begin. */
  pairSetup(setupCode: string = SETUP_CODE): PairSetupController {
    return new PairSetupController({ crypto, identity: this, setupCode, random: this.random })
  }

  /** A machine of pair-verify that is about to begin. */
  pairVerify(): PairVerifyController {
    const { accessory, random } = this
    if (accessory === undefined) throw new Error('this controller is not paired')
    return new PairVerifyController({ crypto, identity: this, accessory, random })
  }

  /** Pairs as the first controller. */
  async pair(port: number): Promise<void> {
    const wire = await Wire.connect(port)
    try {
      const { accessory } = await converse(wire, '/pair-setup', this.pairSetup())
      this.accessory = accessory
      this.#lastAccessory = accessory
    } finally {
      await wire.drop()
    }
  }

  /** It is paired again with the camera it was paired with before, in another way than {@link pair}. */
  recognise(): void {
    this.accessory = this.#lastAccessory
  }

  /** A verified connection. */
  async connect(port: number, from?: string): Promise<Wire> {
    const wire = await Wire.connect(port, from)
    const { keys } = await converse(wire, '/pair-verify', this.pairVerify())
    wire.secure(keys)
    return wire
  }

  /** Takes its own pairing back: the camera is new again. */
  async unpair(port: number): Promise<void> {
    const wire = await this.connect(port)
    const removal = encodePairingsRequest({ method: 'remove', identifier: this.identifier })
    decodePairingsResponse(answered(await wire.ask(request('POST', '/pairings', removal))).body)
    this.accessory = undefined
    await wire.closed
  }
}

/** Moves the bodies of a pairing procedure until it has an event. */
async function converse<Event>(
  wire: Wire,
  path: string,
  machine: ClientMachine<Event>,
): Promise<Event> {
  for (let body = machine.take(); body !== undefined; body = machine.take()) {
    const [event] = machine.receive(answered(await wire.ask(request('POST', path, body))).body)
    if (event !== undefined) return event
  }
  throw new Error('the procedure has no end')
}

/** @throws Error when there is no answer. */
export function answered(ending: Ending): HttpMessage {
  if (ending === 'closed') throw new Error('the camera closed the connection')
  return ending
}
