import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { hubErrors } from '@hksv/hub'
import { expect, test } from 'vitest'

import { recordMotion } from './readme-example.ts'
import { iidOf } from './support/camera-database.ts'
import { recordingOf } from './support/media.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'
import { setupCode, TestAccessory } from './support/test-accessory.ts'

const readme = new URL('../README.md', import.meta.url)
const example = readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8').trimEnd()
const errors = Object.entries(hubErrors).map(([code, text]) => `- \`${code}\`: ${text}`)

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

test('its example pairs once, arms and records', async () => {
  const accessory = await TestAccessory.start()
  const media = recordingOf(3)
  accessory.recorder.onRequested = stream => {
    stream.accept()
    stream.sendInit(media)
    stream.sendFragments(media.fragments)
  }
  accessory.characteristic(iidOf(accessory.services, 60, 'motionDetected')).value = true
  const directory = temporaryDirectory()
  for (const name of ['first.mp4', 'second.mp4']) {
    const path = join(directory, name)
    const report = await recordMotion(accessory.address, setupCode, join(directory, 'store'), path)
    expect(report).toMatchObject({ isComplete: true, durationMs: 12_000, findings: [] })
    expect(readFileSync(path)).toEqual(Buffer.concat([media.init, ...media.fragments]))
  }
  expect(accessory.pairings).toHaveLength(1)
  expect(accessory.characteristic(iidOf(accessory.services, 90, 'active')).value).toBe(1)
})
