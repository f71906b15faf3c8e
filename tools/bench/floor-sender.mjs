// The least that sending a recording can cost, as a camera to record from.
import { randomBytes } from 'node:crypto'

import { chooseProvider } from '@hksv/crypto/node'
import { DataStreamReader } from './data-stream-reader.mjs'
import { Subject } from './subject.mjs'

const crypto = chooseProvider()

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
