import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { CameraProcess, hksv } from './run.ts'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-transcode-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function startCamera(...args: string[]): CameraProcess {
  const camera = new CameraProcess(['--storage', join(directory, 'camera'), ...args])
  onTestFinished(async () => void (await camera.stop('SIGKILL')))
  return camera
}

/** @returns Processes that have `text` in their arguments, by their ids. */
function processesWith(text: string): string[] {
  return readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text)
    } catch {
      // It has just ended.
      return false
    }
  })
}

describe.runIf(hasFfmpeg)('hksv camera with a source that has to be encoded', () => {
  test('is recorded by a hub, and leaves no ffmpeg behind', async () => {
    const path = join(directory, 'old-camera.avi')
    const inputs = ['testsrc2=size=640x480:rate=15', 'sine=sample_rate=8000']
    const lavfi = inputs.flatMap(input => ['-f', 'lavfi', '-i', input])
    const codecs = ['-c:v', 'mpeg4', '-c:a', 'pcm_mulaw', '-t', '5', path]
    execFileSync('ffmpeg', ['-v', 'error', ...lavfi, ...codecs])
    const camera = startCamera('--source', path)
    const { port, setupCode, controlUrl } = await camera.event('listening')
    expect(camera.stderr).toMatch(
      /ffmpeg encodes the video \(it is MPEG4, not H\.264\) and the sound \(it is PCM_MULAW, not AAC\)/,
    )
    const store = join(directory, 'hub')
    const where = ['--host', '127.0.0.1', '--port', String(port), '--store', store]
    const paired = await hksv(['hub', 'pair', ...where, '--code', String(setupCode)])
    expect(paired).toMatchObject({ code: 0 })
    expect(await hksv(['hub', 'arm', '--store', store])).toMatchObject({ code: 0 })
    await camera.event('armed')
    // What is encoded begins anew when the hub has selected.
    const state = async () => await (await fetch(`${String(controlUrl)}/state`)).json()
    await expect.poll(state, { timeout: 30_000 }).toMatchObject({
      prebufferBytes: expect.toSatisfy(bytes => bytes > 0),
    })
    const out = join(directory, 'clip.mp4')
    const args = ['--store', store, '--out', out, '--duration', '8', '--now', '--json']
    const { code, records } = await hksv(['hub', 'record', ...args])
    expect(records.find(({ event }) => event === 'recorded')).toMatchObject({
      isComplete: true,
      findings: [],
    })
    expect(code).toBe(0)
    expect(statSync(out).size).toBeGreaterThan(100_000)
    const decode = ['-v', 'error', '-xerror', '-i', out, '-fps_mode', 'passthrough']
    const decoded = spawnSync('ffmpeg', [...decode, '-enc_time_base', '-1', '-f', 'null', '-'], {
      encoding: 'utf8',
    })
    expect(decoded).toMatchObject({ status: 0, stderr: '' })
    expect(processesWith(path)).toHaveLength(2)
    expect(await camera.stop('SIGTERM')).toBe(0)
    expect(processesWith(path)).toEqual([])
  }, 90_000)

  test('says in one sentence what is wrong, without the password', async () => {
    for (const [source, text] of [
      ['ffmpeg:-i rtsp://porch:s3cret@127.0.0.1:9/x', /connection refused/],
      ['ffmpeg:-i "x', /a " is not closed/],
      [join(directory, 'none.avi'), /there is no such file/],
    ] as const) {
      const storage = ['--storage', join(directory, 'wrong')]
      const { code, stderr } = await hksv(['camera', '--source', source, ...storage])
      expect(stderr).toMatch(text)
      expect(stderr).not.toMatch(/s3cret|\n\s+at /)
      expect(code).toBe(1)
    }
    const wrong = await hksv(['camera', '--transcode', 'sometimes'])
    expect(wrong).toMatchObject({ code: 2 })
    expect(wrong.stderr).toContain('auto, never, always')
  }, 60_000)
})
