import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { CameraProcess, hksv } from './run.ts'

let directory = ''
let trace = ''
let setupCode = ''
let camera: CameraProcess

const file = (name: string) => join(directory, name)

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-trace-'))
  trace = file('porch.trace')
  camera = new CameraProcess(['--storage', file('camera')])
  const { port, setupCode: code } = await camera.event('listening')
  setupCode = String(code)
  const where = ['--host', '127.0.0.1', '--port', String(port), '--code', setupCode]
  const store = ['--store', file('hub')]
  const pairing = ['--trace', file('pair.trace')]
  expect(await hksv(['hub', 'pair', ...where, ...store, ...pairing])).toMatchObject({ code: 0 })
  expect(await hksv(['hub', 'arm', ...store])).toMatchObject({ code: 0 })
  const clip = ['--now', '--duration', '4', '--out', file('clip.mp4')]
  const recorded = await hksv(['hub', 'record', ...clip, ...store, '--trace', trace])
  expect(recorded).toMatchObject({ code: 0 })
}, 60_000)

afterAll(async () => {
  await camera.stop('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

describe('hksv decode of a trace', () => {
  test('draws who said what, in 80 columns', async () => {
    const { code, stdout } = await hksv(['decode', trace])
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.every(line => [...line].length <= 80)).toBe(true)
    expect(lines[1]).toMatch(/^ {3}# {4}seconds {2}controller +accessory$/)
    const chart = lines.slice(2)
    expect(chart[0]).toMatch(
      /^ {3}1 +\d+\.\d{6} {2}\|· hap-1 connects to 127\.0\.0\.1, port \d+ ·+\|$/,
    )
    expect(chart[1]).toMatch(/\|- hap-1 POST \/pair-verify M1 -+>\|$/)
    expect(chart[2]).toMatch(/\|<-+ hap-1 200 M2 -\|$/)
    const text = chart.join('\n')
    expect(text).toMatch(/\|= hds-2 control\/hello request =+>\|/)
    expect(text).toMatch(/\|<=+ hds-2 control\/hello response: success =\|/)
    expect(text).toMatch(/dataSend\/data stream 1 1\.1 \(last\) \d+ bytes/)
    expect(text).toMatch(/dataSend\/data stream 1 2\.\d \(last\) \d+ bytes/)
    expect(text).toContain('dataSend/close stream 1 normal')
    expect(text).toContain('setupDataStreamTransport=')
  })

  test('shows one message in full, with what it holds', async () => {
    const all = await hksv(['decode', trace, '--json'])
    expect(all.code).toBe(0)
    const frame = (wanted: (record: Record<string, unknown>) => boolean) =>
      String(all.records.find(wanted)?.['frame'])
    const setup = frame(({ summary }) => String(summary).startsWith('PUT /characteristics setup'))
    const put = await hksv(['decode', trace, '--frame', setup])
    expect(put.stdout).toContain('PUT /characteristics HTTP/1.1')
    expect(put.stdout).toContain('setupDataStreamTransport (1.')
    expect(put.stdout).toMatch(/left out: value of 1\.\d+: key salt \(type 3, 32 bytes\)/)
    const open = frame(({ summary }) => summary === 'dataSend/open request stream 1')
    const hds = await hksv(['decode', trace, '--frame', open])
    expect(hds.stdout).toContain('"type": "ipcamera.recording"')
    const verify = await hksv(['decode', trace, '--frame', '2'])
    expect(verify.stdout).toMatch(/03 {2}32 bytes {2}left out/)
    const none = await hksv(['decode', trace, '--frame', '99999'])
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('There is no frame 99999')
  })

  test('goes up to the cut', async () => {
    const whole = readFileSync(trace)
    const cut = file('cut.trace')
    writeFileSync(cut, whole.subarray(0, Math.round(whole.length * 0.7)))
    const { code, stdout, stderr } = await hksv(['decode', 'trace', cut])
    expect(code).toBe(0)
    expect(stdout).toContain('pair-verify')
    expect(stderr).toMatch(/is cut in line \d+: it was read up to there/)
    const empty = file('empty.trace')
    writeFileSync(empty, whole.subarray(0, 20))
    expect((await hksv(['decode', empty])).code).toBe(2)
    const piped = await hksv(['decode', 'trace'], { input: whole.toString() })
    expect(piped).toMatchObject({ code: 0 })
    const wrong = await hksv(['decode', file('clip.mp4')])
    expect(wrong.stderr).toContain('is no trace')
    expect((await hksv(['decode', 'nonsense'])).stderr).toContain('neither a file nor one of')
  })

  test('is of a file for its owner only, without what the test knows to be secret', async () => {
    expect(statSync(trace).mode & 0o777).toBe(0o600)
    const stored = readFileSync(join(file('hub'), 'controller.json'), 'utf8')
    const [, longTermSeed = ''] = /"longTermSeed":\s*"(\w{64})"/.exec(stored) ?? []
    const [, identifier = ''] = /"identifier":\s*"([\w-]{36})"/.exec(stored) ?? []
    expect([longTermSeed.length, identifier.length]).toEqual([64, 36])
    for (const each of [trace, file('pair.trace')]) {
      const text = readFileSync(each, 'utf8')
      expect(text).not.toContain(setupCode)
      expect(text).not.toContain(longTermSeed)
      expect(text).not.toContain(Buffer.from(longTermSeed, 'hex').toString('base64').slice(0, 40))
      expect(text).not.toContain(identifier)
    }
    const again = await hksv(['hub', 'info', '--store', file('hub'), '--trace', trace])
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('exists already')
  })
})
