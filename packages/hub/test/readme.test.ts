import { readFileSync, writeFileSync } from 'node:fs'

import { hubErrors } from '@hksv/hub'
import { expect, test } from 'vitest'

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
