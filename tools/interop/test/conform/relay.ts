import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  decodePayload,
  encodePayload,
  encodeSetupResponse,
  FrameOpener,
  FrameSealer,
  type HdsKeys,
  type HdsPayload,
} from '@hksv/hds'

/** What becomes of a message on its way: itself, another one, several, none. */
export type Change = (payload: HdsPayload) => readonly HdsPayload[]

/** What a relay may do wrong. */
export interface RelayFaults {
  readonly toHub?: Change
  readonly toCamera?: Change
  /** Keeps the connection to the camera when the hub is gone. */
  readonly keepsCamera?: boolean
  /** Waits for ever for the first message. */
  readonly isPatient?: boolean
}

/** A data stream of a hub, handed on to one of the camera. */
export class Relay {
  readonly #server: Server
  readonly #sockets: Socket[] = []

  constructor(options: { front: HdsKeys; back: HdsKeys; port: number; faults: () => RelayFaults }) {
    this.#server = createServer(hub => {
      const camera = connect({ host: '127.0.0.1', port: options.port })
      this.#sockets.push(hub, camera)
      const { front, back, faults } = options
      const toCamera = new FrameSealer(crypto, back.controllerToAccessory)
      const toHub = new FrameSealer(crypto, front.accessoryToController)
      pump(
        hub,
        camera,
        new FrameOpener(crypto, front.controllerToAccessory),
        toCamera,
        () => faults().toCamera,
      )
      pump(
        camera,
        hub,
        new FrameOpener(crypto, back.accessoryToController),
        toHub,
        () => faults().toHub,
      )
      hub.on('close', () => faults().keepsCamera === true || camera.destroy())
      camera.on('close', () => faults().isPatient === true || hub.end())
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

function pump(
  from: Socket,
  to: Socket,
  opener: FrameOpener,
  sealer: FrameSealer,
  change: () => Change | undefined,
): void {
  from.on('error', () => from.destroy())
  from.on('data', bytes => {
    opener.push(bytes)
    try {
      for (let payload = opener.next(); payload !== undefined; payload = opener.next()) {
        const message = decodePayload(payload)
        for (const each of change()?.(message) ?? [message]) {
          for (const piece of sealer.seal(encodePayload(each.header, each.message))) to.write(piece)
        }
      }
    } catch {
      from.destroy()
    }
  })
}

/** What is answered to a setup. */
export function setupAnswer(port: number, accessoryKeySalt: Uint8Array): string {
  return Buffer.from(encodeSetupResponse({ status: 'success', port, accessoryKeySalt })).toString(
    'base64',
  )
}
