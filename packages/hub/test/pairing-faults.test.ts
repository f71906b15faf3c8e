import { once } from 'node:events'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import { AccessoryClient, ControllerStore, pair } from '@hksv/hub'
import { describe, expect, it } from 'vitest'

import { temporaryDirectory } from './support/temporary-directory.ts'
import { type Intervention, setupCode, TestAccessory } from './support/test-accessory.ts'

type Path = '/pair-setup' | '/pair-verify'
type Fault = ReturnType<Intervention>

/** Tries to pair with an accessory that does `fault` with the request number `step` of `path`. */
async function pairWith(path: Path, step: number, fault: Intervention) {
  const accessory = await TestAccessory.start()
  const store = await ControllerStore.open(temporaryDirectory(), crypto)
  let count = 0
  accessory.intervene = (request, http) => {
    if (request.path !== path) return undefined
    count++
    return count === step ? fault(request, http) : undefined
  }
  const paired = pair({ store, ...accessory.address, setupCode })
  return { accessory, store, paired }
}

const answer = (...body: number[]): Fault => ({
  status: 200,
  type: 'application/pairing+tlv8',
  body: Uint8Array.from(body),
})

const faults: [name: string, fault: Fault, code: string][] = [
  ['hangs up', 'hang up', 'HUB_CONNECTION_LOST'],
  ['answers nothing', answer(), 'HUB_PROTOCOL'],
  ['answers no TLV', answer(6), 'HUB_PROTOCOL'],
  ['answers another state', answer(6, 1, 9), 'HUB_PROTOCOL'],
  ['answers with an HTTP status', { status: 503 }, 'HUB_PROTOCOL'],
]
const each = (steps: number[]) =>
  steps.flatMap(step =>
    faults.map(([name, fault, code]) => [2 * step, name, step, fault, code] as const),
  )

describe('pair-setup', () => {
  it.each(each([1, 2, 3]))(
    'fails when the accessory, instead of M%i, %s: nobody is paired',
    async (_message, _name, step, fault, code) => {
      const { accessory, store, paired } = await pairWith('/pair-setup', step, () => fault)
      await expect(paired).rejects.toMatchObject({
        code,
        message: expect.stringMatching(/^[A-Z].*\.$/s),
      })
      expect(await store.accessories()).toEqual([])
      expect(accessory.pairings).toEqual([])
      // Nothing is in the way of another try, once the accessory knows that the first is over.
      for (const { socket } of accessory.sessions) if (!socket.closed) await once(socket, 'close')
      await pair({ store, ...accessory.address, setupCode })
      expect(accessory.pairings).toHaveLength(1)
    },
  )

  it.each([
    ['M4', 2],
    ['M6', 3],
  ])('fails when %s is only its state', async (_name, step) => {
    const { store, paired } = await pairWith('/pair-setup', step, () => answer(6, 1, 2 * step))
    await expect(paired).rejects.toMatchObject({ code: 'HUB_PROTOCOL' })
    expect(await store.accessories()).toEqual([])
  })

  it('asks a certified accessory for more, and passes its certificate over', async () => {
    const methods: number[] = []
    const accessory = await TestAccessory.start()
    const store = await ControllerStore.open(temporaryDirectory(), crypto)
    accessory.intervene = ({ path, body }) => {
      const isFirst = path === '/pair-setup' && body.includes(Buffer.of(6, 1, 1))
      if (isFirst) methods.push(body[body.indexOf(Buffer.of(0, 1)) + 2] ?? -1)
      return undefined
    }
    accessory.amend = ({ path }, reply) => {
      const isProof = path === '/pair-setup' && reply.body?.[2] === 4
      if (!isProof) return reply
      // What it proves with its coprocessor takes five fragments.
      const certificate = [255, 255, 255, 255, 180].flatMap(n => [5, n, ...new Uint8Array(n)])
      return {
        ...reply,
        body: Buffer.concat([reply.body ?? Buffer.alloc(0), Buffer.from(certificate)]),
      }
    }
    const steps: string[] = []
    await pair({
      store,
      ...accessory.address,
      setupCode,
      featureFlags: 1,
      onProgress: step => steps.push(step),
    })
    expect(methods).toEqual([1])
    expect(steps).toEqual(['connecting', 'pairing', 'storing', 'verifying'])
  })

  it('says that an accessory is full', async () => {
    const { paired } = await pairWith('/pair-setup', 3, () => answer(6, 1, 6, 7, 1, 4))
    await expect(paired).rejects.toMatchObject({ code: 'HUB_FULL' })
  })

  it('takes a proof that is not the accessory’s for a wrong code', async () => {
    const proof = [4, 64, ...new Uint8Array(64)]
    const { store, paired } = await pairWith('/pair-setup', 2, () => answer(6, 1, 4, ...proof))
    await expect(paired).rejects.toMatchObject({ code: 'HUB_WRONG_CODE' })
    expect(await store.accessories()).toEqual([])
  })

  it('leaves an accessory to reset when only its last word got lost', async () => {
    const { accessory, store, paired } = await pairWith('/pair-setup', 3, (_, http) => {
      http.socket.destroy()
      return undefined
    })
    await expect(paired).rejects.toMatchObject({ code: 'HUB_CONNECTION_LOST' })
    expect(accessory.pairings).toHaveLength(1)
    expect(await store.accessories()).toEqual([])
    await expect(pair({ store, ...accessory.address, setupCode })).rejects.toMatchObject({
      code: 'HUB_ALREADY_PAIRED',
      message: expect.stringContaining('reset it'),
    })
  })
})

describe('the second connection of pairing', () => {
  it.each(each([1, 2]))(
    'fails when the accessory, instead of M%i, %s: the pairing is kept',
    async (_message, _name, step, fault, code) => {
      const { accessory, store, paired } = await pairWith('/pair-verify', step, () => fault)
      await expect(paired).rejects.toMatchObject({ code })
      const [stored, ...others] = await store.accessories()
      expect(others).toEqual([])
      if (stored === undefined) throw new Error('nothing was stored')
      await using client = await AccessoryClient.connect({ store, accessory: stored })
      expect(client.address).toEqual(accessory.address)
    },
  )
})
