import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'

import { pairSetupTransitions, pairVerifyTransitions } from '@hksv/hap'
import { accessoryTransitions, hubTransitions } from '@hksv/hds'
import { rtspTransitions } from '@hksv/media/rtsp'
import { expect, test } from 'vitest'

const path = new URL('../../../docs/protocol.md', import.meta.url)

type Table = Readonly<Record<string, Readonly<Record<string, string>>>>

/** One arrow for all that leads from one state to another. */
function diagram(transitions: Table, nameInput = (input: string) => input): string {
  const name = (at: string): string => at.replaceAll('-', '_')
  const lines = Object.entries(transitions).flatMap(([from, inputs]) =>
    [...new Set(Object.values(inputs))].map(to => {
      const leading = Object.keys(inputs).filter(input => inputs[input] === to)
      return `  ${name(from)} --> ${name(to)} : ${leading.map(nameInput).join(', ')}`
    }),
  )
  const [first = ''] = Object.keys(transitions)
  return ['```mermaid', 'stateDiagram-v2', `  [*] --> ${name(first)}`, ...lines, '```', ''].join(
    '\n',
  )
}

const message = (state: string) => `M${state}`
const diagrams = {
  'pair-setup': diagram(pairSetupTransitions, message),
  'pair-verify': diagram(pairVerifyTransitions, message),
  'data-stream-camera': diagram(accessoryTransitions),
  'data-stream-hub': diagram(hubTransitions),
  rtsp: diagram(rtspTransitions),
}

test.each(Object.entries(diagrams))(
  'the diagram of %s is its table (UPDATE=1 draws it)',
  (name, drawn) => {
    const text = readFileSync(path, 'utf8')
    const begin = `<!-- ${name} -->\n`
    const from = text.indexOf(begin) + begin.length
    const to = text.indexOf(`<!-- end of ${name} -->`)
    expect(to).toBeGreaterThanOrEqual(from)
    const { UPDATE } = process.env
    if (UPDATE === '1') writeFileSync(path, `${text.slice(0, from)}${drawn}${text.slice(to)}`)
    else expect(text.slice(from, to)).toBe(drawn)
  },
)
