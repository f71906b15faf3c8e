import { readFileSync, writeFileSync } from 'node:fs'
import { Duplex } from 'node:stream'
import { nodeProvider } from '@hksv/crypto/node'
import {
  accessoryTransitions,
  HdsHub,
  type HdsHubEvent,
  hdsErrors,
  hubTransitions,
} from '@hksv/hds'
import { describe, expect, it } from 'vitest'

import { keys } from './pair.ts'
import { sendRecording } from './readme-example.ts'

const readme = new URL('../README.md', import.meta.url)

type Table = Readonly<Record<string, Readonly<Record<string, string>>>>

function diagram(transitions: Table): string {
  const name = (at: string): string => at.replaceAll('-', '_')
  const lines = Object.entries(transitions).flatMap(([from, inputs]) =>
    Object.entries<string>(inputs).map(
      ([input, to]) => `  ${name(from)} --> ${name(to)} : ${input}`,
    ),
  )
  const [first = ''] = Object.keys(transitions)
  return ['```mermaid', 'stateDiagram-v2', `  [*] --> ${name(first)}`, ...lines, '```'].join('\n')
}

const errors = Object.entries(hdsErrors)
  .map(([code, text]) => `- \`${code}\`: ${text}`)
  .join('\n')

const example = readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8').trimEnd()

/** What stands in the README between marks, and has to be what it is drawn from. */
const parts = {
  example: `\`\`\`ts\n${example}\n\`\`\``,
  accessory: diagram(accessoryTransitions),
  hub: diagram(hubTransitions),
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
      const { UPDATE } = process.env
      if (UPDATE === '1') writeFileSync(readme, `${text.slice(0, from)}${part}\n${text.slice(to)}`)
      else expect(text.slice(from, to)).toBe(`${part}\n`)
    },
  )
})

describe('the tables of transitions', () => {
  it.each([
    ['accessory', accessoryTransitions],
    ['hub', hubTransitions],
  ] as const)('of the %s reach every state, and leave all but the last', (_, transitions) => {
    const table: Table = transitions
    const [first = '', ...others] = Object.keys(table)
    const reached = new Set(Object.values(table).flatMap(inputs => Object.values(inputs)))
    expect(reached.has(first)).toBe(false)
    expect(others.filter(at => !reached.has(at))).toEqual([])
    const ends = Object.keys(table).filter(at => Object.keys(table[at] ?? {}).length === 0)
    expect(ends).toEqual(['failed'])
  })
})

describe('the example', () => {
  it('sends a recording through a socket that is soon full', async () => {
    const hub = new HdsHub({ crypto: nodeProvider, keys, random: nodeProvider.random, now: 0 })
    const received: HdsHubEvent['type'][] = []
    const ended = new Promise<void>(resolve => {
      const socket = new Duplex({
        writableHighWaterMark: 1000,
        read() {},
        write(bytes, _encoding, done) {
          for (const event of hub.receive(Uint8Array.from(bytes), 0)) {
            if (event.type === 'notice' || event.type === 'failed') throw new Error(event.type)
            received.push(event.type)
            if (event.type === 'ready') hub.send({ type: 'open-recording' }, 0)
            if (event.type !== 'ended') continue
            hub.send({ type: 'acknowledge', streamId: event.streamId }, 0)
            resolve()
          }
          push()
          setImmediate(done)
        },
      })
      function push(): void {
        for (let piece = hub.take(); piece !== undefined; piece = hub.take()) socket.push(piece)
      }
      sendRecording(socket, keys, [
        [new Uint8Array(800)],
        [new Uint8Array(200_000), new Uint8Array(200_000)],
        [new Uint8Array(5000)],
      ])
      push()
    })
    await ended
    expect(received).toEqual(['ready', 'opened', 'fragment', 'fragment', 'fragment', 'ended'])
  })
})
