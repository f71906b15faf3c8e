// A verified session that costs its own side next to nothing while it is measured: its requests are
// sealed before, and the answers opened after.
import { once } from 'node:events'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'

import { HttpMessageParser, PairVerifyController, RecordOpener, RecordSealer } from '@hksv/hap'

const TAG_LENGTH = 16

export class RawSession {
  #socket
  #sealer
  #opener
  #parser = new HttpMessageParser()
  #receive = () => undefined
  #failed
  #lost = new Promise((_resolve, reject) => {
    this.#failed = reject
  })
  /** The bytes of an answer when it is opened. */
  #answerLength = 0
  #sealed = []
  #received = []

  constructor(socket) {
    this.#socket = socket
    socket.on('data', bytes => this.#receive(bytes))
    socket.on('error', error => this.#failed(error))
    socket.on('close', () => this.#failed(new Error('the session was closed')))
    this.#lost.catch(() => undefined)
  }

  /** Connects to the accessory and finishes pair-verify. */
  static async verified({ crypto, identity, accessory }) {
    const { host, port, deviceId, longTermPublicKey } = accessory
    const socket = connect({ host, port, noDelay: true })
    await once(socket, 'connect')
    const session = new RawSession(socket)
    const publicKey = new Uint8Array(Buffer.from(longTermPublicKey, 'hex'))
    const machine = new PairVerifyController({
      crypto,
      identity,
      accessory: { identifier: deviceId, publicKey },
      random: length => crypto.random(length),
    })
    let verified
    for (let body = machine.take(); body !== undefined; body = machine.take()) {
      const head = `POST /pair-verify HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/pairing+tlv8\r\nContent-Length: ${body.length}\r\n\r\n`
      const answer = await session.#ask(Buffer.concat([Buffer.from(head), body]))
      verified = machine.receive(answer.body)[0]
    }
    session.#sealer = new RecordSealer(crypto, verified.keys.controllerToAccessory)
    session.#opener = new RecordOpener(crypto, verified.keys.accessoryToController)
    return session
  }

  /** Asks once, to learn how long the answer is, and seals the same request `count` times more. */
  async prepare(request, count) {
    this.#answerLength = 0
    const { status } = await this.#ask(this.#sealer.seal(request))
    if (status !== 200) throw new Error(`answered with ${status}`)
    this.#sealed = Array.from({ length: count }, () => this.#sealer.seal(request))
    this.#received = []
  }

  /** Sends what is prepared, each when the one before is answered. @returns Milliseconds of each. */
  run() {
    const times = []
    const done = new Promise(resolve => {
      const records = new RecordCounter()
      let sentAt = 0
      const send = () => {
        sentAt = performance.now()
        this.#socket.write(this.#sealed[times.length])
      }
      this.#receive = bytes => {
        this.#received.push(bytes)
        if (records.count(bytes) < this.#answerLength) return
        records.reset()
        times.push(performance.now() - sentAt)
        if (times.length < this.#sealed.length) send()
        else resolve(times)
      }
      send()
    })
    return Promise.race([done, this.#lost])
  }

  /** @throws When an answer of the last run was none, or another one than expected. */
  check() {
    const messages = this.#received.flatMap(bytes => this.#read(bytes))
    const isGood = messages.every(({ status }) => status === 200)
    if (messages.length !== this.#sealed.length || !isGood) throw new Error('not answered as asked')
  }

  close() {
    this.#socket.destroy()
  }

  #ask(request) {
    const answered = new Promise(resolve => {
      this.#receive = bytes => {
        const [message] = this.#read(bytes)
        if (message !== undefined) resolve(message)
      }
    })
    this.#socket.write(request)
    return Promise.race([answered, this.#lost])
  }

  #read(bytes) {
    const parts = this.#opener === undefined ? [bytes] : this.#opener.open(bytes)
    this.#answerLength += parts.reduce((sum, part) => sum + part.length, 0)
    return parts.flatMap(part => this.#parser.receive(part))
  }
}

/** Counts the bytes in complete records without a look at them. */
class RecordCounter {
  #counted = 0
  #head = []
  #length = 0
  #missing = 0

  count(bytes) {
    for (let at = 0; at < bytes.length; ) {
      if (this.#missing > 0) {
        const length = Math.min(this.#missing, bytes.length - at)
        this.#missing -= length
        at += length
        if (this.#missing === 0) this.#counted += this.#length
      } else {
        this.#head.push(bytes[at++])
        if (this.#head.length === 2) this.#begin()
      }
    }
    return this.#counted
  }

  reset() {
    this.#counted = 0
  }

  #begin() {
    const [low, high] = this.#head
    this.#head = []
    this.#length = low | (high << 8)
    this.#missing = this.#length + TAG_LENGTH
  }
}
