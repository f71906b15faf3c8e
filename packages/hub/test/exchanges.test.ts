import { readFileSync } from 'node:fs'
import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  createSrpCredentials,
  HttpMessageParser,
  HttpRequestParser,
  isHapError,
  PairSetupAccessory,
  PairSetupController,
  PairSetupGate,
  PairVerifyAccessory,
  PairVerifyController,
  RecordOpener,
  RecordSealer,
  type SessionKeys,
  sessionKeys,
} from '@hksv/hap'
import {
  decodeSetupRequest,
  decodeSetupResponse,
  deriveHdsKeys,
  encodeSetupRequest,
  encodeSetupResponse,
  HdsAccessory,
  type HdsAccessoryCommand,
  HdsHub,
  type HdsHubCommand,
} from '@hksv/hds'
import { describe, expect, it } from 'vitest'

type Side = 'hub' | 'camera'

interface Step {
  readonly from: Side
  readonly over: 'pairing' | 'session' | 'stream'
  readonly hex: string
  readonly plain?: string
  readonly command?: { readonly type: string; readonly media?: string }
  readonly isForged?: true
}

interface Party {
  readonly identifier: string
  readonly seed: string
  readonly srpSecret: string
  readonly scalar: string
  readonly keySalt: string
}

interface Case extends Readonly<Record<Side, Party>> {
  readonly name: string
  readonly setupCode: string
  readonly hubCode: string
  readonly srpSalt: string
  readonly random: string
  readonly steps: readonly Step[]
  readonly error?: string
  readonly intermediate?: Readonly<Record<string, string>>
}

const { cases }: { cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../../../test-vectors/hub/exchanges.json', import.meta.url), 'utf8'),
)

const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Hands out what is given, in order, and nothing else. */
function draws(...list: readonly string[]) {
  const left = list.map(fromHex)
  return (length: number) => {
    const next = left.shift()
    if (next?.length !== length) throw new Error(`${length} bytes are not foreseen`)
    return next
  }
}

/** Both sides of one exchange, and what went over each of their connections so far. */
class Replay {
  readonly #row: Case
  readonly #setup: { hub: PairSetupController; camera: PairSetupAccessory }
  readonly #verify: { hub: PairVerifyController; camera: PairVerifyAccessory }
  readonly #requests = { pairing: new HttpRequestParser(), session: new HttpRequestParser() }
  readonly #answers = { pairing: new HttpMessageParser(), session: new HttpMessageParser() }
  readonly #sealers: Partial<Record<Side, RecordSealer>> = {}
  readonly #openers: Partial<Record<Side, RecordOpener>> = {}
  readonly #sharedSecrets: Partial<Record<Side, Uint8Array>> = {}
  #stream: { hub: HdsHub; camera: HdsAccessory } | undefined
  /** What the machines told their programs, in order. */
  readonly told: { type: string }[] = []

  constructor(row: Case) {
    this.#row = row
    const identity = (side: Side) => ({
      identifier: row[side].identifier,
      longTermKey: crypto.ed25519(fromHex(row[side].seed)),
    })
    const [hub, camera] = [identity('hub'), identity('camera')]
    const random = (side: Side, secret: 'srpSecret' | 'scalar') => draws(row[side][secret])
    this.#setup = {
      hub: new PairSetupController({
        crypto,
        identity: hub,
        setupCode: row.hubCode,
        random: random('hub', 'srpSecret'),
      }),
      camera: new PairSetupAccessory({
        crypto,
        identity: camera,
        credentials: createSrpCredentials(crypto, row.setupCode, fromHex(row.srpSalt)),
        gate: new PairSetupGate({ isPaired: false, failedAttempts: 0 }),
        random: random('camera', 'srpSecret'),
      }),
    }
    const isStranger = row.error === 'PAIR_REFUSED'
    const pairing = {
      identifier: hub.identifier,
      publicKey: hub.longTermKey.publicKey,
      permissions: 1,
    }
    this.#verify = {
      hub: new PairVerifyController({
        crypto,
        identity: hub,
        accessory: { identifier: camera.identifier, publicKey: camera.longTermKey.publicKey },
        random: random('hub', 'scalar'),
      }),
      camera: new PairVerifyAccessory({
        crypto,
        identity: camera,
        findPairing: () => (isStranger ? undefined : pairing),
        random: random('camera', 'scalar'),
      }),
    }
  }

  /** What its side writes, given what it was told to do; compared with the step by whoever calls. */
  write({ from, over, plain, command }: Step): Uint8Array {
    if (over === 'stream') return this.#writeStream(from, command)
    if (plain === undefined) return this.#pairingMessage(from, over)
    const sealer = this.#sealers[from]
    if (sealer === undefined) throw new Error('nothing is verified')
    return sealer.seal(fromHex(plain))
  }

  /** Gives the bytes of a step to the other side. */
  read({ from, over, hex, plain }: Step): void {
    const to = from === 'hub' ? 'camera' : 'hub'
    const bytes = fromHex(hex)
    if (over === 'stream') this.#tell(this.#machines()[to].receive(bytes, 0))
    else if (plain === undefined && this.#openers[to] === undefined)
      this.#readPairing(to, over, bytes)
    else this.#readSession(to, bytes, plain)
  }

  #pairingMessage(from: Side, over: 'pairing' | 'session'): Uint8Array {
    const machine = over === 'pairing' ? this.#setup[from] : this.#verify[from]
    const body = machine.take() ?? new Uint8Array()
    const path = over === 'pairing' ? '/pair-setup' : '/pair-verify'
    const head =
      from === 'hub' ? `POST ${path} HTTP/1.1\r\nHost: 192.0.2.7:51826\r\n` : 'HTTP/1.1 200 OK\r\n'
    const type = `Content-Type: application/pairing+tlv8\r\nContent-Length: ${body.length}\r\n\r\n`
    return new Uint8Array(Buffer.concat([Buffer.from(head + type), body]))
  }

  #readPairing(to: Side, over: 'pairing' | 'session', bytes: Uint8Array): void {
    const machine = over === 'pairing' ? this.#setup[to] : this.#verify[to]
    let body: Uint8Array | undefined
    if (to === 'camera') {
      this.#requests[over].receive(bytes)
      body = this.#requests[over].take()?.body
    } else body = this.#answers[over].receive(bytes)[0]?.body
    for (const event of machine.receive(body ?? new Uint8Array(), 0)) {
      this.told.push(event)
      if (event.type === 'verified') this.#verified(to, event)
    }
  }

  #verified(side: Side, event: { sharedSecret: Uint8Array; keys?: SessionKeys }): void {
    const keys = event.keys ?? sessionKeys(crypto, event.sharedSecret)
    const [own, other] =
      side === 'hub'
        ? [keys.controllerToAccessory, keys.accessoryToController]
        : [keys.accessoryToController, keys.controllerToAccessory]
    this.#sharedSecrets[side] = event.sharedSecret
    this.#sealers[side] = new RecordSealer(crypto, own)
    this.#openers[side] = new RecordOpener(crypto, other)
  }

  #readSession(to: Side, bytes: Uint8Array, plain: string | undefined): void {
    // As the network would cut it.
    const half = bytes.length >> 1
    const opener = this.#openers[to]
    const opened = [bytes.subarray(0, half), bytes.subarray(half)].flatMap(
      part => opener?.open(part) ?? [],
    )
    expect(Buffer.concat(opened).toString('hex')).toBe(plain)
    let message: { body: Uint8Array } | undefined
    if (to === 'camera') {
      for (const part of opened) this.#requests.session.receive(part)
      message = this.#requests.session.take()
    } else [message] = opened.flatMap(part => this.#answers.session.receive(part))
    expect(message).toBeDefined()
    this.#setUpStream(to, message?.body ?? new Uint8Array())
  }

  /** The write and the answer that a data stream begins with: both are what we would have said. */
  #setUpStream(to: Side, body: Uint8Array): void {
    const value = /"iid":43,[^}]*"value":"([^"]+)"/.exec(Buffer.from(body).toString())?.[1]
    if (value === undefined) return
    const bytes = new Uint8Array(Buffer.from(value, 'base64'))
    const { hub, camera, random } = this.#row
    if (to === 'camera') {
      expect(toHex(bytes)).toBe(
        toHex(encodeSetupRequest({ controllerKeySalt: fromHex(hub.keySalt) })),
      )
      expect(toHex(decodeSetupRequest(bytes).controllerKeySalt)).toBe(hub.keySalt)
      return
    }
    const response = decodeSetupResponse(bytes)
    expect(toHex(encodeSetupResponse(response))).toBe(toHex(bytes))
    const keysOf = (side: Side) =>
      deriveHdsKeys(crypto, {
        sharedSecret: this.#sharedSecrets[side] ?? new Uint8Array(),
        controllerKeySalt: fromHex(hub.keySalt),
        accessoryKeySalt: fromHex(camera.keySalt),
      })
    const ids = draws(...(random.match(/.{8}/g) ?? []))
    this.#stream = {
      hub: new HdsHub({ crypto, keys: keysOf('hub'), random: ids, now: 0 }),
      camera: new HdsAccessory({ crypto, keys: keysOf('camera'), now: 0 }),
    }
    const { accessoryToController, controllerToAccessory } = keysOf('camera')
    expect(this.#row.intermediate).toMatchObject({
      accessoryToController: toHex(accessoryToController),
      controllerToAccessory: toHex(controllerToAccessory),
    })
  }

  #writeStream(from: Side, command: Step['command']): Uint8Array {
    const machines = this.#machines()
    if (command !== undefined) {
      const { media, ...rest } = command
      const whole = media === undefined ? rest : { ...rest, parts: [fromHex(media)] }
      if (from === 'hub') this.#tell(machines.hub.send(whole as HdsHubCommand, 0))
      else this.#tell(machines.camera.send(whole as HdsAccessoryCommand, 0))
    }
    const taken: Uint8Array[] = []
    for (let next = machines[from].take(); next; next = machines[from].take()) taken.push(next)
    return new Uint8Array(Buffer.concat(taken))
  }

  #machines(): { hub: HdsHub; camera: HdsAccessory } {
    if (this.#stream === undefined) throw new Error('there is no data stream')
    return this.#stream
  }

  #tell(events: readonly { type: string }[]): void {
    this.told.push(...events)
  }

  /** With what the last step was refused. */
  refusal(): string | undefined {
    for (const event of this.told) {
      if (event.type === 'refused') return 'REFUSED'
      if (event.type === 'failed' && 'error' in event) return (event.error as { code: string }).code
    }
    return undefined
  }
}

/** Whose key it is that an impostor signs with is not given: his words are only heard. */
const isSaidByItsSide = (row: Case, step: Step) =>
  step.isForged !== true && !(row.error === 'PAIR_AUTHENTICATION' && step.from === 'camera')

describe('whole exchanges', () => {
  it.each(cases)('$name', row => {
    const replay = new Replay(row)
    let refusal: string | undefined
    for (const [index, step] of row.steps.entries()) {
      if (isSaidByItsSide(row, step))
        expect(toHex(replay.write(step)), `step ${index}`).toBe(step.hex)
      expect(refusal, `step ${index}`).toBeUndefined()
      try {
        replay.read(step)
      } catch (error) {
        if (!isHapError(error)) throw error
        refusal = error.code
      }
      refusal ??= replay.refusal()
    }
    expect(refusal).toBe(row.error)
  })

  it('end with every fragment received', () => {
    const [row] = cases
    if (row === undefined) throw new Error('there is none')
    const replay = new Replay(row)
    for (const step of row.steps) {
      replay.write(step)
      replay.read(step)
    }
    const sent = row.steps.flatMap(({ command }) => command?.media ?? [])
    const got = replay.told.flatMap(event =>
      event.type === 'fragment' && 'data' in event ? toHex(event.data as Uint8Array) : [],
    )
    expect(sent).toHaveLength(3)
    expect(got).toEqual(sent)
    expect(replay.told.map(({ type }) => type)).toContain('acknowledged')
  })
})
