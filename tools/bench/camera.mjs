// A camera under test and what a hub has to know to use it; the client is ours for every camera.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { chooseProvider } from '@hksv/crypto/node'
import { PairSetupController } from '@hksv/hap'
import { AccessoryClient, arm, ControllerStore, HapConnection, verify } from '@hksv/hub'

import { DataStreamReader, setUpDataStream } from './data-stream-reader.mjs'
import { Subject } from './subject.mjs'

const HOST = '127.0.0.1'
const SETUP_CODE = '031-45-154'
const crypto = chooseProvider()

/** A camera in a process of its own, with storage of its own that goes when it is stopped. */
export class Camera {
  subject
  /** Whether its fragments come from a source while it records. */
  isLive
  #client
  #directory
  #port
  #store
  #accessory

  constructor(parts) {
    this.subject = parts.subject
    this.isLive = parts.isLive
    this.#directory = parts.directory
    this.#port = parts.port
    this.#store = parts.store
  }

  /**
   * Starts a camera, or another accessory, that nobody has paired with.
   *
   * @param {'hksv' | 'hap-nodejs'} name
   * @param {{ groups?: number, hasFragments?: boolean, kind?: 'camera' | 'light' }} options How many
   * fragments of media a camera has prepared, and whether ours has them as fragments already.
   */
  static start(name, { groups = 1, hasFragments, kind = 'camera' } = {}) {
    const options = { groups, hasFragments, isLive: name === 'hksv' }
    return Camera.startIn(new Subject(`${name}-${kind}`), options)
  }

  /** Starts ours with a source as `openSource` takes it. */
  static startWith(source) {
    return Camera.startIn(new Subject('source-camera'), { source })
  }

  /** Starts one in a process that may have others. */
  static async startIn(subject, { isLive = true, ...media } = {}) {
    const directory = await mkdtemp(join(tmpdir(), 'hksv-bench-'))
    const storage = join(directory, 'accessory')
    const port = await subject.call('start', { storage, setupCode: SETUP_CODE, ...media })
    const store = await ControllerStore.open(join(directory, 'hub'), crypto)
    return new Camera({ subject, isLive, directory, port, store })
  }

  /** One pair-setup, without the pair-verify that follows it in a home. */
  async pair() {
    const address = { host: HOST, port: this.#port }
    const connection = await HapConnection.open(crypto, address)
    const machine = new PairSetupController({
      crypto,
      identity: this.#store.identity,
      setupCode: SETUP_CODE,
      random: length => crypto.random(length),
    })
    let paired
    for (let bytes = machine.take(); bytes !== undefined; bytes = machine.take()) {
      const request = { type: 'application/pairing+tlv8', bytes }
      const { body } = await connection.request('POST', '/pair-setup', request)
      paired = machine.receive(body)[0]
    }
    connection.close()
    await this.subject.call('paired')
    const { identifier, publicKey } = paired.accessory
    this.#accessory = {
      ...address,
      deviceId: identifier.toUpperCase(),
      longTermPublicKey: Buffer.from(publicKey).toString('hex'),
      pairedAt: new Date().toISOString(),
    }
    await this.#store.save(this.#accessory)
  }

  /** A connection of its own that has finished pair-verify; close it. */
  async session() {
    const address = { host: HOST, port: this.#port }
    const connection = await HapConnection.open(crypto, address)
    const { identity } = this.#store
    await verify({ crypto, connection, identity, accessory: this.#accessory })
    return connection
  }

  /** Where the pairing is kept, for controllers in other processes. */
  get storeDirectory() {
    return this.#store.directory
  }

  /** Connects, and selects and allows recording. */
  async arm() {
    const store = this.#store
    this.#client ??= await AccessoryClient.connect({ store, crypto, accessory: this.#accessory })
    await arm(this.#client)
  }

  /** A data stream that has been set up and has said hello. */
  async dataStream() {
    const { port, keys } = await setUpDataStream({ client: this.#client, crypto })
    return DataStreamReader.connect({ crypto, port, keys })
  }

  /** The same for a hub in another process: port, and keys in hexadecimal. */
  async dataStreamAddress() {
    const { port, keys } = await setUpDataStream({ client: this.#client, crypto })
    const hex = Object.entries(keys).map(([name, key]) => [name, Buffer.from(key).toString('hex')])
    return { port, keys: Object.fromEntries(hex) }
  }

  /** Ends the connection that armed it: nobody is there. */
  leave() {
    this.#client?.close()
    this.#client = undefined
  }

  async stop() {
    this.leave()
    this.subject.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }
}
