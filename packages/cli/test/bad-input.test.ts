import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { CameraProcess, type Ended, hksv } from './run.ts'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

let directory = ''
let camera: CameraProcess

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-bad-'))
  camera = new CameraProcess(['--storage', join(directory, 'running')])
})

afterAll(async () => {
  await camera.stop('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

/** One clear sentence, on standard error, without a stack; and the exit code. */
function expectSentence(ended: Ended, code: 1 | 2, text: RegExp): void {
  expect(ended.stderr).toMatch(text)
  expect(ended.stderr).not.toMatch(/\n\s+at /)
  expect(ended.code).toBe(code)
}

function runCamera(...args: string[]): Promise<Ended> {
  const loopback = ['--no-mdns', '--bind', '127.0.0.1', '--json']
  return hksv(['camera', '--storage', join(directory, 'new'), ...loopback, ...args])
}

function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args])
}

describe('camera', () => {
  test('a port in use names the port and the way out', async () => {
    const { port } = await camera.event('listening')
    expectSentence(
      await runCamera('--port', String(port)),
      1,
      new RegExp(`port ${port}: it is in use.*--port`),
    )
  })

  test('a loudspeaker that is none, without its password', async () => {
    const ended = await runCamera('--talkback', 'http://root:se cret@[::1/audio')
    expectSentence(
      ended,
      2,
      /^error: --talkback: nobody can be talked to this way; give a command/m,
    )
    expect(ended.stderr).not.toContain('cret')
  })

  test('the same camera started twice', async () => {
    await camera.event('listening')
    const again = await runCamera('--storage', join(directory, 'running'))
    expectSentence(again, 1, /in use, perhaps by this camera started twice/)
  })

  test('an address that is not ours', async () => {
    expectSentence(
      await runCamera('--bind', '192.0.2.1'),
      1,
      /Cannot listen on 192\.0\.2\.1.*--bind/,
    )
  })

  test('a source that does not exist', async () => {
    const missing = join(directory, 'nope.mp4')
    expectSentence(await runCamera('--source', missing), 1, /nope\.mp4.*no such file/)
  })

  test('a source that is a text file, an empty file, a directory', async () => {
    const text = join(directory, 'text.mp4')
    writeFileSync(text, 'This is no video.\n'.repeat(100))
    expectSentence(await runCamera('--source', text), 1, /text\.mp4.*MP4/)
    const empty = join(directory, 'empty.mp4')
    writeFileSync(empty, '')
    expectSentence(await runCamera('--source', empty), 1, /empty\.mp4.*MP4/)
    expectSentence(await runCamera('--source', directory), 1, /no regular file/)
  })

  test.skipIf(!hasFfmpeg)('a source without H.264, and one without key frames', async () => {
    const video = ['-f', 'lavfi', '-i', 'testsrc2=size=128x96:rate=10']
    const mpeg4 = join(directory, 'mpeg4.mp4')
    ffmpeg(...video, '-t', '2', '-c:v', 'mpeg4', mpeg4)
    expectSentence(
      await runCamera('--transcode', 'never', '--source', mpeg4),
      1,
      /mpeg4\.mp4.*H\.264/,
    )
    const rare = join(directory, 'rare.mp4')
    const oneKeyFrame = [
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-g',
      '1000',
      '-sc_threshold',
      '0',
    ]
    ffmpeg(...video, '-t', '15', ...oneKeyFrame, '-pix_fmt', 'yuv420p', rare)
    expectSentence(
      await runCamera('--transcode', 'never', '--source', rare),
      1,
      /rare\.mp4.*key frame/,
    )
  })

  test('a setup code that is none, and one that is forbidden', async () => {
    expectSentence(await runCamera('--setup-code', '12-34'), 2, /eight digits/)
    expectSentence(await runCamera('--setup-code', '123-45-678'), 2, /forbidden/)
    const fromEnvironment = await hksv(['camera'], { env: { HKSV_SETUP_CODE: '11111111' } })
    expectSentence(fromEnvironment, 2, /forbidden/)
  })

  test('a storage directory that cannot be one', async () => {
    const file = join(directory, 'file')
    writeFileSync(file, '')
    expectSentence(
      await runCamera('--storage', join(file, 'camera')),
      1,
      /Cannot use .*file.*--storage/,
    )
  })

  test('a damaged identity stops the start, and nothing on the disk changes', async () => {
    const storage = join(directory, 'damaged')
    const first = new CameraProcess(['--storage', storage])
    const { id } = await first.event('listening')
    expect(await first.stop()).toBe(0)
    const identity = join(storage, 'identity.json')
    const good = join(directory, 'identity.good')
    copyFileSync(identity, good)
    writeFileSync(
      identity,
      readFileSync(identity, 'utf8').replace(/"salt": ".{4}/, '"salt": "0000'),
    )
    const contents = () =>
      readdirSync(storage).map(name => [name, readFileSync(join(storage, name), 'utf8')])
    const before = contents()
    const damaged = await runCamera('--storage', storage)
    expectSentence(damaged, 1, /identity\.json is damaged.*hksv state restore --storage/)
    expect(contents()).toEqual(before)
    rmSync(identity)
    expectSentence(await runCamera('--storage', storage), 1, /identity\.json is missing/)
    copyFileSync(good, identity)
    const again = new CameraProcess(['--storage', storage])
    expect((await again.event('listening'))['id']).toBe(id)
    expect(await again.stop()).toBe(0)
  })

  test('abilities that no camera has', async () => {
    const rows: [string, string, 1 | 2, RegExp][] = [
      ['--prebuffer', '5000', 2, /4000 or 8000/],
      ['--streams', '5', 2, /1, 2, 3 or 4/],
      ['--sizes', 'big', 2, /1600x1200/],
      ['--sizes', '1921x1080', 2, /No hub knows the size 1921x1080; they know 640x480/],
      ['--audio', 'mp3:44100', 2, /aac-lc:32000/],
      ['--audio', 'aac-lc:22050', 2, /sample rates of 8000, 16000/],
      ['--field-of-view', '400', 2, /0 to 360/],
      ['--motion', 'radar', 2, /video:SENSITIVITY/],
      ['--motion', 'video:101', 2, /0 to 100/],
      ['--motion', 'video,mqtt://broker', 2, /mqtt:\/\/HOST\/TOPIC/],
      ['--motion', 'onvif://', 2, /onvif:\/\/USER:PASSWORD@HOST/],
      ['--snapshot', 'porch.jpg', 2, /http:\/\/\[USER:PASSWORD@\]HOST/],
    ]
    for (const [flag, value, code, text] of rows) {
      expectSentence(await runCamera(flag, value), code, text)
    }
  })

  test('wrong usage exits with 2 and says what is known', async () => {
    expectSentence(await hksv(['camera', '--sauce', 'sample']), 2, /unknown option '--sauce'/)
    expectSentence(await hksv(['camera', '--port', 'http']), 2, /--port.*no port/)
    expectSentence(await hksv(['cam']), 2, /unknown command 'cam'/)
    const config = join(directory, 'config.json')
    writeFileSync(config, '{"sauce":"sample"}')
    expectSentence(await hksv(['camera', '--config', config]), 2, /no option "sauce"; known are/)
    writeFileSync(config, 'name: Porch')
    expectSentence(
      await hksv(['camera', '--config', config]),
      2,
      /config\.json is not a JSON object/,
    )
  })

  test('flags win over the environment, and the environment over the file', async () => {
    const config = join(directory, 'names.json')
    writeFileSync(config, '{"name":"File","source":"sample","noMdns":true}')
    expectSentence(await hksv(['camera', '--config', config]), 2, /no option "noMdns"/)
    writeFileSync(config, '{"name":"File","mdns":false}')
    const name = async (args: string[], env: Record<string, string>) => {
      const storage = mkdtempSync(join(directory, 'names-'))
      const running = new CameraProcess(['--storage', storage, '--config', config, ...args], env)
      const listening = await running.event('listening')
      await running.stop()
      return listening['name']
    }
    expect(await name([], {})).toBe('File')
    expect(await name([], { HKSV_NAME: 'Environment' })).toBe('Environment')
    expect(await name(['--name', 'Flag'], { HKSV_NAME: 'Environment' })).toBe('Flag')
  })

  test('several streams, in flags, in the environment and in the file', async () => {
    const config = join(directory, 'streams.json')
    writeFileSync(config, '{"name":["One","Two"]}')
    expectSentence(
      await hksv(['camera', '--config', config]),
      2,
      /"name" is wrong: it has one value/,
    )
    writeFileSync(config, '{"source":["sample","640x360@sample"]}')
    const warned = async (args: string[], env: Record<string, string> = {}) => {
      const storage = mkdtempSync(join(directory, 'streams-'))
      const running = new CameraProcess(['--storage', storage, ...args], env)
      await running.event('listening')
      await running.stop()
      return /was said to be (\d+x\d+) and is 1280x720/.exec(running.stderr)?.[1]
    }
    expect(await warned(['--config', config])).toBe('640x360')
    expect(await warned([], { HKSV_SOURCE: 'sample\n320x180@sample\n' })).toBe('320x180')
    expect(await warned(['--source', 'sample', '--source', '160x90@sample'])).toBe('160x90')
    expect(await warned(['--source', 'sample', '--source', '1280x720@sample'])).toBeUndefined()
  })
})

describe('hub', () => {
  test('a wrong code, nothing there, not paired, and paired already', async () => {
    const { port, setupCode } = await camera.event('listening')
    const store = ['--store', join(directory, 'hub')]
    const where = ['--host', '127.0.0.1', '--port', String(port), ...store]
    const pair = (code: string) => hksv(['hub', 'pair', ...where, '--code', code])
    expectSentence(
      await hksv(['hub', 'info', ...store]),
      2,
      /paired with nothing yet.*hksv hub pair/,
    )
    const wrong = setupCode === '031-45-154' ? '031-45-155' : '031-45-154'
    expectSentence(await pair(wrong), 1, /setup code is wrong/)
    expectSentence(await pair('31'), 2, /eight digits/)
    expect(await pair(String(setupCode))).toMatchObject({ code: 0 })
    expectSentence(await pair(String(setupCode)), 1, /paired already/)
    const record = ['hub', 'record', ...store, '--now', '--out', join(directory, 'none.mp4')]
    expectSentence(await hksv(record), 1, /not armed.*hksv hub arm/)
    expect(readdirSync(directory).filter(name => name.startsWith('none'))).toEqual([])
    const nowhere = ['--host', '127.0.0.1', '--port', '1', '--id', '00:00:00:00:00:00']
    expectSentence(await hksv(['hub', 'info', ...store, ...nowhere]), 2, /not paired with that/)
    expect(await hksv(['hub', 'unpair', ...store])).toMatchObject({ code: 0 })
    expectSentence(
      await hksv([
        'hub',
        'pair',
        '--host',
        '127.0.0.1',
        '--port',
        '1',
        '--code',
        '03145154',
        ...store,
      ]),
      1,
      /Nothing answers at 127\.0\.0\.1, port 1/,
    )
  })

  test('a damaged store never becomes a new controller', async () => {
    const store = join(directory, 'hub-damaged')
    const pair = [
      'hub',
      'pair',
      '--host',
      '127.0.0.1',
      '--port',
      '1',
      '--code',
      '03145154',
      '--store',
      store,
    ]
    expectSentence(await hksv(pair), 1, /Nothing answers/)
    const file = join(store, 'controller.json')
    const before = readFileSync(file, 'utf8').replace(/[0-9a-f]{8}"/, '00000000"')
    writeFileSync(file, before)
    expectSentence(await hksv(pair), 1, /controller\.json is damaged/)
    expect(readFileSync(file, 'utf8')).toBe(before)
  })
})

describe('decode', () => {
  test('bytes that are not what they are said to be', async () => {
    expectSentence(await hksv(['decode', 'tlv8', '0105aa']), 1, /end inside an item/)
    expectSentence(await hksv(['decode', 'opack', '00']), 1, /tag 00/)
    expectSentence(await hksv(['decode', 'setup-uri', 'http://x']), 2, /setup URI/)
    expectSentence(await hksv(['decode', 'tlv8', '!?']), 2, /no file, no hexadecimal and no base64/)
    const piped = await hksv(['decode', 'tlv8', '--json'], { input: '010101' })
    expect(piped).toMatchObject({ code: 0, records: [{ items: [{ type: 1, length: 1 }] }] })
  })
})
