import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import type { HttpClient as HttpClientType } from 'hap-controller'
import { expect, onTestFinished, test } from 'vitest'

// Past the package's entry, which loads its Bluetooth half.
const { default: HttpClient } = createRequire(import.meta.url)(
  'hap-controller/lib/transport/ip/http-client.js',
) as { default: typeof HttpClientType }

interface Example {
  readonly child: ChildProcess
  /** What it prints, line by line. */
  readonly lines: AsyncIterator<string>
  readonly controller: HttpClientType
  /** The ids of its characteristics by their short types. */
  readonly ids: ReadonlyMap<string, string>
}

/** Starts an example program and pairs with it. */
async function pairedExample(name: string): Promise<Example> {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-example-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const program = fileURLToPath(new URL(`../../../examples/${name}.mjs`, import.meta.url))
  const child = spawn(process.execPath, [program, join(directory, 'state'), '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { id, port, setupCode } = JSON.parse((await lines.next()).value ?? '{}')
  const first = new HttpClient(id, '127.0.0.1', port)
  await first.pairSetup(setupCode)
  const controller = new HttpClient(id, '127.0.0.1', port, first.getLongTermData() ?? undefined)
  const { accessories } = await controller.getAccessories()
  const all = accessories[0]?.services.flatMap(({ characteristics }) => characteristics) ?? []
  const ids = new Map(
    all.map(({ type = '', iid }) => [type.slice(0, 8).replace(/^0+/, ''), `1.${iid}`]),
  )
  return { child, lines, controller, ids }
}

async function ended({ child }: Example): Promise<number> {
  const code = new Promise<number>(resolve => child.on('close', resolve))
  child.kill('SIGTERM')
  return code
}

test('the example lamp is switched and dimmed', async () => {
  const lamp = await pairedExample('lightbulb')
  const { controller, lines, ids } = lamp
  const [on = '', brightness = ''] = [ids.get('25'), ids.get('8')]
  await controller.setCharacteristics({ [on]: true })
  expect((await lines.next()).value).toBe('on')
  await controller.setCharacteristics({ [brightness]: 40 })
  expect((await lines.next()).value).toBe('40 %')
  expect(await controller.setCharacteristics({ [brightness]: 101 })).toMatchObject({
    characteristics: [{ status: -70410 }],
  })
  const { characteristics } = await controller.getCharacteristics([on, brightness])
  expect(characteristics.map(({ value }) => value)).toEqual([true, 40])
  await controller.close()
  expect(await ended(lamp)).toBe(0)
})

test('the example thermometer is read, and reports changes', async () => {
  const thermometer = await pairedExample('thermometer')
  const { controller, ids } = thermometer
  const temperature = ids.get('11') ?? ''
  const { characteristics } = await controller.getCharacteristics([temperature], { meta: true })
  expect(characteristics[0]).toMatchObject({ format: 'float', unit: 'celsius' })
  expect(characteristics[0]?.value).toBeGreaterThan(18)
  const event = new Promise<{ characteristics: { value: number }[] }>(resolve =>
    controller.on('event', resolve),
  )
  await controller.subscribeCharacteristics([temperature])
  expect((await event).characteristics[0]?.value).toBeGreaterThan(18)
  await controller.close()
  expect(await ended(thermometer)).toBe(0)
})
