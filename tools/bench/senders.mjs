// What sends recordings without being a whole camera.
import { randomBytes } from 'node:crypto'

import { chooseProvider } from '@hksv/crypto/node'
import { deriveHdsKeys } from '@hksv/hds'

import { DataStreamReader } from './data-stream-reader.mjs'
import { Subject } from './subject.mjs'

const crypto = chooseProvider()

/** Our camera from the prebuffer on. */
export class HksvSender {
  subject = new Subject('hksv-sender')
  isLive = false

  static async start(groups) {
    const sender = new HksvSender()
    await sender.subject.call('start', { groups })
    return sender
  }

  /** A data stream that has been set up and has said hello. */
  async dataStream() {
    const sharedSecret = randomBytes(32)
    const controllerKeySalt = randomBytes(32)
    const { port, accessoryKeySalt } = await this.subject.call('setUp', {
      controllerKeySalt: controllerKeySalt.toString('hex'),
      sharedSecret: sharedSecret.toString('hex'),
    })
    const keys = deriveHdsKeys(crypto, {
      sharedSecret,
      controllerKeySalt,
      accessoryKeySalt: Buffer.from(accessoryKeySalt, 'hex'),
    })
    return DataStreamReader.connect({ crypto, port, keys })
  }

  stop() {
    this.subject.stop()
  }
}

/** node:crypto and a socket. */
export class FloorSender {
  subject = new Subject('floor-sender')
  isLive = false
  #keys = { accessoryToController: randomBytes(32), controllerToAccessory: randomBytes(32) }
  #port

  static async start(groups) {
    const sender = new FloorSender()
    const { accessoryToController, controllerToAccessory } = sender.#keys
    sender.#port = await sender.subject.call('start', {
      groups,
      accessoryToController: accessoryToController.toString('hex'),
      controllerToAccessory: controllerToAccessory.toString('hex'),
    })
    return sender
  }

  dataStream() {
    return DataStreamReader.connect({ crypto, port: this.#port, keys: this.#keys })
  }

  stop() {
    this.subject.stop()
  }
}
