import {
  type ChildProcess,
  type ChildProcessWithoutNullStreams,
  spawn,
  spawnSync,
} from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { hksv } from './run.ts'

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
const probe = spawnSync('unshare', ['-n', 'true'], { encoding: 'utf8' })
const reason = probe.status === 0 ? undefined : `unshare -n is refused: ${probe.stderr ?? ''}`
if (reason !== undefined && process.env['CI'] === 'true') throw new Error(reason)
const onOwnNetwork = test.skipIf(reason !== undefined)

let directory = ''
/** Holds a network that has nothing but a loopback. */
let network: ChildProcess | undefined
const cameras: ChildProcess[] = []

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-discover-'))
  if (reason !== undefined) return
  const setUp = 'ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo'
  const holder = spawn('unshare', ['-n', 'sh', '-c', `${setUp} && echo && exec sleep 1000000`])
  network = holder
  await once(holder.stdout, 'data')
})

afterAll(() => {
  for (const child of cameras) child.kill('SIGKILL')
  network?.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

/** Runs `hksv` on that network. */
function start(...args: readonly string[]): ChildProcessWithoutNullStreams {
  const program = [process.execPath, bin, ...args]
  return spawn('nsenter', ['-t', `${network?.pid}`, '-n', ...program], {
    env: { ...process.env, NO_COLOR: '1' },
  })
}

/** Starts a camera on it. Resolves when it listens. */
async function startCamera(name: string, ...flags: readonly string[]): Promise<void> {
  const storage = ['--storage', join(directory, name)]
  const camera = start(
    'camera',
    '--bind',
    '127.0.0.1',
    '--json',
    '--name',
    name,
    ...storage,
    ...flags,
  )
  cameras.push(camera)
  await once(camera.stdout, 'data')
}

/** Runs `hksv hub discover` on it to its end. */
async function discover(...args: readonly string[]) {
  const child = start('hub', 'discover', ...args)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => {
    stdout += text.toString()
  })
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString()
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

onOwnNetwork('says so when there is nothing', async () => {
  const empty = await discover('--timeout', '0.5')
  expect(empty).toMatchObject({ code: 0, stdout: '' })
  expect(empty.stderr).toMatch(/^No accessory announces itself/)
})

onOwnNetwork(`prints a table of what is there ${reason ?? ''}`, async () => {
  await Promise.all([startCamera('Front porch'), startCamera('Door', '--doorbell')])
  const { code, stdout } = await discover('--timeout', '5')
  const id = '([0-9A-F]{2}:){5}[0-9A-F]{2}'
  const line = (start: string, end: string) =>
    `${start} +${id}  127\\.0\\.0\\.1:\\d+ +free  ${end}\\n`
  expect(stdout).toMatch(
    new RegExp(`^${line('Door', 'video doorbell')}${line('Front porch', 'ip camera')}$`),
  )
  expect(code).toBe(0)
})

onOwnNetwork('prints one JSON object for each change', async () => {
  const { code, stdout, stderr } = await discover('--timeout', '5', '--json')
  const records = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(records.map(({ event }) => event)).toEqual(['found', 'found'])
  const [door] = records.filter(({ name }) => name === 'Door')
  expect(door).toMatchObject({ category: 18, isPaired: false, addresses: ['127.0.0.1'] })
  expect(stderr).toBe('')
  expect(code).toBe(0)
})

onOwnNetwork('a machine without a network is no failure', async () => {
  const shell = `${process.execPath} ${bin} hub discover --timeout 0.5`
  const alone = spawnSync('unshare', ['-n', 'sh', '-c', shell], { encoding: 'utf8' })
  expect(alone).toMatchObject({ status: 0, stdout: '' })
  expect(alone.stderr).toMatch(/^No accessory announces itself/)
})

test('wrong usage', async () => {
  const wrong = await hksv(['hub', 'discover', '--timeout', 'soon'])
  expect(wrong).toMatchObject({ code: 2 })
  expect(wrong.stderr).toMatch(/number of seconds/)
  const store = ['--store', join(directory, 'hub'), '--code', '03145154']
  const nowhere = await hksv(['hub', 'pair', ...store])
  expect(nowhere).toMatchObject({ code: 2 })
  expect(nowhere.stderr).toMatch(/--id.*hksv hub discover.*--host and --port/)
})
