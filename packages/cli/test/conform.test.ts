import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { CameraProcess, type Ended, hksv } from './run.ts'

let directory = ''
let camera: CameraProcess
let where: readonly string[] = []
let code = ''
let trigger = ''

const file = (name: string) => join(directory, name)
const conform = (...args: string[]) =>
  hksv(['hub', 'conform', ...where, '--store', file('hub'), ...args])
const rules = ({ records }: Ended) => records.filter(({ event }) => event === 'rule')

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-conform-cli-'))
  camera = new CameraProcess(['--storage', file('camera')])
  const listening = await camera.event('listening')
  code = String(listening['setupCode'])
  where = ['--host', '127.0.0.1', '--port', String(listening['port'])]
  trigger = `${String(listening['controlUrl'])}/motion`
}, 30_000)

afterAll(async () => {
  await camera.stop('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

describe('hksv hub conform', () => {
  test('says what is wrong with its options, and how to go on', async () => {
    const group = await conform('--code', code, '--group', 'nonsense')
    expect(group).toMatchObject({ code: 2 })
    expect(group.stderr).toContain('There is no group nonsense')
    const name = await conform('--code', code, '--rules', 'nonsense-*')
    expect(name).toMatchObject({ code: 2 })
    expect(name.stderr).toContain('--list')
    const report = await conform('--code', code, '--report', file('report.pdf'))
    expect(report).toMatchObject({ code: 2 })
    expect(report.stderr).toContain('.json, .xml or .html')
  })

  test('ends with 1 when a must is broken: here a code is wrong, and nobody is paired', async () => {
    const wrong = await conform('--code', '031-45-156', '--rules', 'setup-completes')
    expect(wrong.code).toBe(1)
    expect(wrong.stdout).toContain('setup-completes')
    expect(wrong.stderr).toContain('The camera breaks 1 rule that it must keep.')
    expect(readdirSync(file('hub')).filter(name => name.includes('accessor'))).toEqual([])
  })

  test('ends with 0 when every must is kept, and leaves the camera unpaired', async () => {
    const reports = ['json', 'xml', 'html'].flatMap(ending => ['--report', file(`a.${ending}`)])
    const chosen = ['--rules', 'setup-s*,types-are-uuids,picture-is-jpeg', '--json']
    const ended = await conform('--code', code, ...chosen, ...reports)
    expect(ended.code).toBe(0)
    expect(rules(ended).map(({ rule }) => rule)).toContain('picture-is-jpeg')
    expect(rules(ended).filter(({ outcome }) => outcome === 'failed')).toEqual([])
    const json = JSON.parse(readFileSync(file('a.json'), 'utf8'))
    expect(json).toMatchObject({ format: 1, isComplete: true, leftBehind: [] })
    expect(readFileSync(file('a.xml'), 'utf8')).toContain('<testcase')
    expect(readFileSync(file('a.html'), 'utf8')).toContain('picture-is-jpeg')
    await camera.event('unpaired')
  })

  test('stopped in the middle, it writes its report and unpairs', async () => {
    const from = camera.events.length
    const args = ['hub', 'conform', ...where, '--store', file('hub'), '--code', code]
    const ended = await hksv(
      [...args, '--trigger', trigger, '--json', '--report', file('stopped.json')],
      {
        onRecord(record, child) {
          if (record['rule'] === 'types-are-uuids') child.kill('SIGINT')
        },
      },
    )
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('The run was stopped.')
    const report = JSON.parse(readFileSync(file('stopped.json'), 'utf8'))
    expect(report).toMatchObject({ isComplete: false, leftBehind: [] })
    await camera.event('unpaired', from)
  }, 40_000)

  test('a camera that was paired before is left as it was', async () => {
    const store = ['--store', file('other')]
    expect(await hksv(['hub', 'pair', ...where, '--code', code, ...store])).toMatchObject({
      code: 0,
    })
    expect(await hksv(['hub', 'arm', ...store])).toMatchObject({ code: 0 })
    expect(await hksv(['hub', 'disarm', ...store])).toMatchObject({ code: 0 })
    const info = async () => {
      const { records } = await hksv(['hub', 'info', '--json', ...store])
      const services = records[0]?.['services'] as { characteristics: { name?: string }[] }[]
      const all = services.flatMap(({ characteristics }) => characteristics)
      // The motion that the run made lasts longer than the run; the other is of its last data stream.
      const passing = ['motionDetected', 'setupDataStreamTransport']
      return all.filter(({ name = '' }) => !passing.includes(name))
    }
    const before = await info()
    const judging = ['hub', 'conform', '--group', 'arming,modes,snapshots', '--trigger', trigger]
    expect(await hksv([...judging, ...store])).toMatchObject({ code: 0 })
    expect(await info()).toEqual(before)
  }, 60_000)
})
