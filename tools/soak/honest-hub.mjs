import { nodeProvider as crypto } from '@hksv/crypto/node'
import { AccessoryClient, ControllerStore, pair, Recording, waitForMotion } from '@hksv/hub'

import { FragmentInspector } from '../../packages/fmp4/dist/index.js'

/** A hub that does nothing wrong. */
export class HonestHub {
  name
  #store
  #accessory
  #client

  constructor(name, store) {
    this.name = name
    this.#store = store
  }

  static async open(name, directory) {
    return new HonestHub(name, await ControllerStore.open(directory, crypto))
  }

  async pair(address, setupCode) {
    this.#accessory = await pair({ store: this.#store, ...address, setupCode, crypto })
  }

  /** Lets another hub in, as an administrator of the same home. */
  async admit(other) {
    const { identifier, longTermKey } = other.#store.identity
    const client = await this.client()
    await client.addPairing({ identifier, publicKey: longTermKey.publicKey, permissions: 1 })
    await other.#store.save(this.#accessory)
    other.#accessory = this.#accessory
  }

  /** Its connection; another one when the last is gone. */
  async client() {
    if (this.#client === undefined || this.#client.signal.aborted) {
      const store = this.#store
      this.#client = await AccessoryClient.connect({ store, accessory: this.#accessory, crypto })
    }
    return this.#client
  }

  /** Resolves to a promise of motion as soon as none can be missed. */
  async watch(signal) {
    const client = await this.client()
    let seen
    await new Promise((resolve, reject) => {
      seen = waitForMotion(client, signal, resolve)
      seen.catch(reject)
    })
    return { seen }
  }

  /**
   * Records so many fragments and ends the clip.
   *
   * @returns What the inspector finds wrong with it, as text; and how many fragments there are.
   */
  async record(count, signal) {
    const recording = await Recording.open(await this.client(), signal)
    const findings = []
    let inspector
    let fragments = 0
    for await (const { dataType, data } of recording) {
      if (dataType === 'mediaInitialization') {
        inspector = new FragmentInspector(data)
        findings.push(...inspector.init.findings)
      } else {
        findings.push(...(inspector?.inspect(data).findings ?? []))
        fragments++
      }
      if (fragments === count) break
    }
    return {
      fragments,
      findings: findings.map(({ rule, text }) => `${rule}: ${text}`),
      end: recording.end,
    }
  }

  async close() {
    this.#client?.close()
  }
}
