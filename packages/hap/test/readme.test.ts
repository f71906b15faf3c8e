import { readFileSync, writeFileSync } from 'node:fs'
import { hapErrors, pairSetupTransitions, pairVerifyTransitions } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { pairAndAsk } from './readme-example.ts'

const readme = new URL('../README.md', import.meta.url)

type Table = Readonly<Record<string, Readonly<Record<number, string>>>>

function diagram(transitions: Table): string {
  const name = (at: string): string => at.replaceAll('-', '_')
  const lines = Object.entries(transitions).flatMap(([from, heard]) =>
    Object.entries(heard).map(([state, to]) => `  ${name(from)} --> ${name(to)} : M${state}`),
  )
  const [first = ''] = Object.keys(transitions)
  return ['```mermaid', 'stateDiagram-v2', `  [*] --> ${name(first)}`, ...lines, '```'].join('\n')
}

const errors = Object.entries(hapErrors)
  .map(([code, text]) => `- \`${code}\`: ${text}`)
  .join('\n')

const example = readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8').trimEnd()

/** What stands in the README between marks, and has to be what it is drawn from. */
const parts = {
  example: `\`\`\`ts\n${example}\n\`\`\``,
  'pair-setup': diagram(pairSetupTransitions),
  'pair-verify': diagram(pairVerifyTransitions),
  errors,
}

describe('the README', () => {
  it.each(Object.entries(parts))(
    'has the %s it is drawn from (UPDATE=1 draws it)',
    (name, part) => {
      const text = readFileSync(readme, 'utf8')
      const begin = `<!-- ${name} -->\n`
      const from = text.indexOf(begin) + begin.length
      const to = text.indexOf(`<!-- end of ${name} -->`)
      if (process.env['UPDATE'] === '1') {
        writeFileSync(readme, `${text.slice(0, from)}${part}\n${text.slice(to)}`)
      } else expect(text.slice(from, to)).toBe(`${part}\n`)
    },
  )

  it('has an example that runs', () => {
    const request = new TextEncoder().encode('GET /accessories HTTP/1.1\r\n\r\n')
    expect(Buffer.concat(pairAndAsk('031-45-154', request)).equals(request)).toBe(true)
  })
})

describe('the tables of transitions', () => {
  it.each([
    ['pair-setup', pairSetupTransitions],
    ['pair-verify', pairVerifyTransitions],
  ] as readonly [string, Table][])('of %s lead only to states that are listed', (_name, table) => {
    for (const heard of Object.values(table)) {
      for (const to of Object.values(heard)) expect(Object.keys(table)).toContain(to)
    }
  })

  it('begin anew with M1 from every state', () => {
    for (const table of [pairSetupTransitions, pairVerifyTransitions]) {
      for (const heard of Object.values(table)) expect(heard[1]).toBe('awaiting-m3')
    }
  })
})
