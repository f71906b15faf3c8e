// Kills a recorder of two cameras again and again, and looks at what it leaves.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { generator } from './random.mjs'

const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url))
const CAMERAS = ['Porch', 'Garden']
/** A clip of two or three fragments: ends, sidecars and renames are killed as often as fragments. */
const MAX_CLIP_S = 8
const LONGEST_MS = 4000
const MOTION_MS = 600_000

/**
 * Kills a vault while two cameras record, and starts it again.
 *
 * @param {{ directory: string, times: number, seed: number, progress?: (done: number) => void }} options
 * @returns {Promise<{ clips: number, adopted: number, fragments: number, failures: string[] }>}
 */
export async function killVault({ directory, times, seed, progress = () => undefined }) {
  const random = generator(seed)
  const clips = join(directory, 'clips')
  mkdirSync(clips, { recursive: true })
  const cameras = []
  const judge = new Judge(clips)
  const vaultOf = () => new Program(vaultArguments(directory, clips))
  try {
    for (const name of CAMERAS) cameras.push(await startCamera(directory, name))
    for (let i = 0; i < times; i++) {
      for (const camera of cameras) await camera.move()
      const vault = vaultOf()
      const isEach = records => new Set(ids(records, 'recording')).size === CAMERAS.length
      await vault.until(isEach)
      await delay(random(LONGEST_MS))
      await vault.stop('SIGKILL')
      judge.look()
      progress(i + 1)
    }
    const last = vaultOf()
    await last.until(records => records.some(({ event }) => event === 'kept'))
    const code = await last.stop('SIGTERM')
    if (code !== 0) judge.failures.push(`the last vault ended with ${code}: ${last.stderr}`)
    judge.look()
    judge.lookForRemains()
    return judge.result
  } finally {
    for (const camera of cameras) await camera.stop('SIGKILL')
  }
}

/** Looks at every clip once, when it has its name. */
class Judge {
  failures = []
  #directory
  #seen = new Set()
  #adopted = 0
  #fragments = 0

  constructor(directory) {
    this.#directory = directory
  }

  get result() {
    const { size: clips } = this.#seen
    const [adopted, fragments] = [this.#adopted, this.#fragments]
    return { clips, adopted, fragments, failures: this.failures }
  }

  look() {
    const names = readdirSync(this.#directory)
    for (const name of names) {
      if (!name.endsWith('.mp4') || name.endsWith('.part.mp4') || this.#seen.has(name)) continue
      this.#seen.add(name)
      this.#judge(join(this.#directory, name))
    }
  }

  /** When a vault has begun and ended in good order there is nothing but clips. */
  lookForRemains() {
    for (const name of readdirSync(this.#directory)) {
      const [base, ending] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.'))]
      const isKnown = ['.mp4', '.json', '.jpg'].includes(ending) && this.#seen.has(`${base}.mp4`)
      if (!isKnown) this.failures.push(`${name} remains`)
    }
  }

  #judge(path) {
    const args = [
      '-v',
      'error',
      '-xerror',
      '-i',
      path,
      '-fps_mode',
      'passthrough',
      '-f',
      'null',
      '-',
    ]
    const { status, stderr } = spawnSync('ffmpeg', args, { encoding: 'utf8' })
    if (status !== 0 || stderr !== '') this.failures.push(`${path} does not play: ${stderr}`)
    try {
      const sidecar = JSON.parse(readFileSync(path.replace(/mp4$/, 'json'), 'utf8'))
      if (sidecar.bytes !== statSync(path).size) this.failures.push(`${path}: the size is wrong`)
      // A camera that has just been armed begins with a short fragment.
      const faults = sidecar.findings.filter(text => !text.startsWith('fragment-duration'))
      if (faults.length > 0) this.failures.push(`${path}: ${faults.join()}`)
      if (sidecar.endedBy === 'interruption') this.#adopted++
      this.#fragments += sidecar.fragments
    } catch (error) {
      this.failures.push(`${path}: its sidecar: ${error.message}`)
    }
  }
}

/** A program that says what happens in lines of JSON. */
class Program {
  records = []
  stderr = ''
  #child
  #waiting = []

  constructor(args) {
    this.#child = spawn(process.execPath, [bin, ...args, '--json'])
    this.#child.stderr.on('data', text => {
      this.stderr += text
    })
    const wake = () => {
      for (const resolve of this.#waiting.splice(0)) resolve()
    }
    createInterface({ input: this.#child.stdout }).on('line', line => {
      this.records.push(JSON.parse(line))
      wake()
    })
    this.#child.on('close', wake)
  }

  async until(isDone) {
    while (!isDone(this.records)) {
      const { exitCode, signalCode } = this.#child
      if (exitCode !== null || signalCode !== null) throw new Error(`it ended: ${this.stderr}`)
      await new Promise(resolve => this.#waiting.push(resolve))
    }
  }

  /** Lets something move in front of a camera. */
  async move() {
    const { controlUrl } = this.records.find(({ event }) => event === 'listening')
    const body = JSON.stringify({ durationMs: MOTION_MS })
    const answer = await fetch(`${controlUrl}/motion`, { method: 'POST', body })
    if (!answer.ok) throw new Error(`no motion: ${answer.status} ${await answer.text()}`)
  }

  /** @returns The exit code, if it has one. */
  stop(signal) {
    const ended = this.ended()
    this.#child.kill(signal)
    return ended
  }

  /** @returns The exit code, if it has one. */
  async ended() {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null) return exitCode
    const [code] = await once(this.#child, 'close')
    return code
  }
}

function ids(records, name) {
  return records.filter(({ event }) => event === name).map(({ deviceId }) => deviceId)
}

function vaultArguments(directory, clips) {
  const store = ['--store', join(directory, 'hub'), '--dir', clips]
  return ['hub', 'vault', ...store, '--no-mdns', '--max-clip', `${MAX_CLIP_S}`]
}

/** Starts a camera and pairs with it. */
async function startCamera(directory, name) {
  const loopback = ['--no-mdns', '--bind', '127.0.0.1', '--control', '127.0.0.1:0']
  const storage = ['--storage', join(directory, name), '--name', name]
  const camera = new Program(['camera', ...loopback, ...storage])
  try {
    await camera.until(records => records.some(({ event }) => event === 'listening'))
    const { port, setupCode } = camera.records.find(({ event }) => event === 'listening')
    const where = ['--host', '127.0.0.1', '--port', `${port}`, '--store', join(directory, 'hub')]
    const pair = new Program(['hub', 'pair', ...where, '--code', setupCode])
    await pair.until(records => records.some(({ event }) => event === 'paired'))
    await pair.ended()
    return camera
  } catch (error) {
    await camera.stop('SIGKILL')
    throw error
  }
}
