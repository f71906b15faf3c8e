import { readFileSync, writeFileSync } from 'node:fs'

import { accessoryErrors, type CameraEvent } from '@hksv/accessory'
import { openSource } from '@hksv/media'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'

import { Controller, Mailbox } from './client.ts'
import { porch } from './readme-example.ts'
import { lamp } from './readme-lamp.ts'
import type { Described } from './support/camera.ts'
import { temporaryDirectory } from './support/directory.ts'
import { put } from './support/requests.ts'

const readme = new URL('../README.md', import.meta.url)
const program = (name: string) =>
  `\`\`\`ts\n${readFileSync(new URL(name, import.meta.url), 'utf8').trimEnd()}\n\`\`\``
const errors = Object.entries(accessoryErrors).map(([code, text]) => `- \`${code}\`: ${text}`)

/** What stands in the README between marks, and has to be what it is drawn from. */
const parts = {
  example: program('readme-example.ts'),
  lamp: program('readme-lamp.ts'),
  errors: errors.join('\n'),
}

test.each(Object.entries(parts))('the README has the %s (UPDATE=1 draws it)', (name, part) => {
  const text = readFileSync(readme, 'utf8')
  const begin = `<!-- ${name} -->\n`
  const from = text.indexOf(begin) + begin.length
  const to = text.indexOf(`<!-- end of ${name} -->`)
  const { UPDATE } = process.env
  if (UPDATE === '1') writeFileSync(readme, `${text.slice(0, from)}${part}\n${text.slice(to)}`)
  else expect(text.slice(from, to)).toBe(`${part}\n`)
})

test('its example sees what the detector sees', async () => {
  const detector = new EventTarget()
  const events = new Mailbox<CameraEvent>()
  const source = await openSource('sample')
  onTestFinished(() => source[Symbol.asyncDispose]())
  const camera = await porch(source, detector, {
    storage: await temporaryDirectory(),
    host: '127.0.0.1',
    mdns: false,
    log: pino({ level: 'silent' }),
    onEvent: event => events.push(event),
  })
  onTestFinished(() => camera.close())
  detector.dispatchEvent(new Event('motion'))
  expect(await events.next()).toEqual({ event: 'motion', isDetected: true })
})

test('its lamp is switched from both sides', async () => {
  const relay = new EventTarget()
  const storage = await temporaryDirectory()
  const accessory = await lamp(relay, { storage, host: '127.0.0.1', mdns: false })
  onTestFinished(() => accessory.close())
  const admin = new Controller()
  const { port, setupCode } = accessory.info
  await admin.pair(port, setupCode ?? '')
  const client = await admin.connect(port)
  const switched = new Promise(resolve => relay.addEventListener('on', resolve, { once: true }))
  const { accessories } = (await client.json('GET', '/accessories')) as Described
  const on = accessories[0]?.services.at(-1)?.characteristics.find(({ type }) => type === '25')
  await put(client, [{ iid: on?.iid, value: true, ev: true }])
  await switched
  relay.dispatchEvent(new Event('switched-off'))
  expect(await client.event()).toMatchObject({ characteristics: [{ value: false }] })
})
