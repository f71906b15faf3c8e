import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { setupEndpointsRequest, setupEndpointsResponse } from '@hksv/hap'

import type { Faults } from '../conform/faulty-camera.ts'

/** What becomes of a datagram: how often it arrives, and after how many others. */
export type Fate = () => { readonly copies: number; readonly delay: number }

interface Entry {
  value?: unknown
  iid?: unknown
}

/** A way for datagrams between a hub and a camera; both believe that it is the other side. */
export class LossyPath {
  readonly #fate: Fate
  readonly #sockets: Socket[] = []
  /** By name of the track: where the hub is. */
  readonly #hub = new Map<string, number>()
  readonly #camera = new Map<string, number>()
  readonly #facingHub = new Map<string, Socket>()
  readonly #facingCamera = new Map<string, Socket>()
  /** Datagrams of the camera that did not arrive. */
  lost = 0

  private constructor(fate: Fate) {
    this.#fate = fate
  }

  static async open(fate: Fate): Promise<LossyPath> {
    const path = new LossyPath(fate)
    for (const track of ['video', 'audio']) await path.#bind(track)
    return path
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }

  /** Ports in what is written to, and read of, the characteristic with this instance id are ours. */
  faults(setupIid: number): Faults {
    return {
      request: asked => {
        if (asked.method !== 'PUT') return asked
        return {
          ...asked,
          body: this.#rewritten(asked.body, setupIid, value => this.#asked(value)),
        }
      },
      reply: (asked, reply) => {
        if (asked.method !== 'GET' || reply.body === undefined) return reply
        return {
          ...reply,
          body: this.#rewritten(reply.body, setupIid, value => this.#answered(value)),
        }
      },
    }
  }

  #rewritten(
    body: Uint8Array,
    setupIid: number,
    rewrite: (value: Uint8Array) => Uint8Array,
  ): Uint8Array {
    if (!Buffer.from(body).toString().startsWith('{"characteristics"')) return body
    const json: { characteristics: Entry[] } = JSON.parse(Buffer.from(body).toString())
    for (const entry of json.characteristics) {
      if (entry.iid !== setupIid || typeof entry.value !== 'string' || entry.value === '') continue
      entry.value = Buffer.from(rewrite(Buffer.from(entry.value, 'base64'))).toString('base64')
    }
    return Buffer.from(JSON.stringify(json))
  }

  #asked(value: Uint8Array): Uint8Array {
    const request = setupEndpointsRequest.decode(value)
    const { controllerAddress } = request
    this.#hub.set('video', controllerAddress.videoPort).set('audio', controllerAddress.audioPort)
    const ports = portsOf(this.#facingCamera)
    return setupEndpointsRequest.encode({
      ...request,
      controllerAddress: { ...controllerAddress, ...ports },
    })
  }

  #answered(value: Uint8Array): Uint8Array {
    const answer = setupEndpointsResponse.decode(value)
    const { accessoryAddress } = answer
    if (accessoryAddress === undefined) return value
    this.#camera.set('video', accessoryAddress.videoPort).set('audio', accessoryAddress.audioPort)
    const ports = portsOf(this.#facingHub)
    return setupEndpointsResponse.encode({
      ...answer,
      accessoryAddress: { ...accessoryAddress, ...ports },
    })
  }

  async #bind(track: string): Promise<void> {
    const [facingHub, facingCamera] = [createSocket('udp4'), createSocket('udp4')]
    for (const socket of [facingHub, facingCamera]) {
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
      this.#sockets.push(socket)
    }
    this.#facingHub.set(track, facingHub)
    this.#facingCamera.set(track, facingCamera)
    const waiting: { bytes: Buffer; left: number }[] = []
    const deliver = (bytes: Buffer) => facingHub.send(bytes, this.#hub.get(track), '127.0.0.1')
    facingCamera.on('message', bytes => {
      for (const each of waiting) each.left--
      const { copies, delay } = this.#fate()
      if (copies === 0) this.lost++
      for (let i = 0; i < copies; i++) {
        if (delay === 0) deliver(bytes)
        else waiting.push({ bytes, left: delay })
      }
      for (const each of waiting.filter(({ left }) => left <= 0)) {
        deliver(each.bytes)
        waiting.splice(waiting.indexOf(each), 1)
      }
    })
    facingHub.on('message', bytes => facingCamera.send(bytes, this.#camera.get(track), '127.0.0.1'))
  }
}

function portsOf(sockets: ReadonlyMap<string, Socket>): { videoPort: number; audioPort: number } {
  const port = (track: string) => sockets.get(track)?.address().port ?? 0
  return { videoPort: port('video'), audioPort: port('audio') }
}
