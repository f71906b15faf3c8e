import { readFileSync, writeFileSync } from 'node:fs'

import { accessoryErrors, type CameraEvent } from '@hksv/accessory'
import { openSource } from '@hksv/media'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'

import { Mailbox } from './client.ts'
import { porch } from './readme-example.ts'
import { temporaryDirectory } from './support/directory.ts'

const readme = new URL('../README.md', import.meta.url)
const example = readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8').trimEnd()
const errors = Object.entries(accessoryErrors).map(([code, text]) => `- \`${code}\`: ${text}`)

/** What stands in the README between marks, and has to be what it is drawn from. */
const parts = { example: `\`\`\`ts\n${example}\n\`\`\``, errors: errors.join('\n') }

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
