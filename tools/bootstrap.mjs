// What `npm start`, `npm test` and the other scripts run on a machine that has Node and npm and
// nothing else: brings pnpm, installs what the lockfile says, builds what changed, runs the command.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const PNPM = 'pnpm@12.21.0'
const MINIMUM = [20, 19]

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const hksv = join(root, 'packages/cli/dist/bin.js')

/** What each script runs, after installing and building. */
const commands = {
  start: args => run(hksv, ['camera', ...args]),
  demo: args => run(hksv, ['demo', ...args]),
  test: args => run(bin('vitest', 'vitest.mjs'), ['run', ...args]),
  bench: args => run(join(root, 'tools/bench/run.mjs'), args),
  vectors: args => run(join(root, 'tools/vectors/run.mjs'), args),
  fuzz: args => run(join(root, 'tools/fuzz/run.mjs'), args),
  hostile: args => run(join(root, 'tools/hostile/run.mjs'), args),
  soak: args => run(join(root, 'tools/soak/run.mjs'), args),
}

checkNode()
const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
if (command === undefined)
  fail(`usage: node tools/bootstrap.mjs ${Object.keys(commands).join('|')}`)
/** What runs the camera alone needs no peers, no other versions of Node and no tools. */
const isWhole = !['start', 'demo'].includes(name)
install()
build()
await command(args)

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [wantedMajor, wantedMinor] = MINIMUM
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  fail(`HKSV needs Node ${MINIMUM.join('.')} or newer; this is ${process.versions.node}.`)
}

/** Installs when the lockfile, or the Node it was installed for, is another than last time; or more is needed. */
function install() {
  const stamp = join(root, 'node_modules/.hksv-installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .update(readFileSync(join(root, 'pnpm-workspace.yaml')))
    .update(process.versions.modules)
    .digest('hex')
  const [installedFor = '', scope = ''] = existsSync(stamp)
    ? readFileSync(stamp, 'utf8').split(' ')
    : []
  if (installedFor === wanted && (scope === 'whole' || !isWhole)) return
  process.stderr.write('Installing the dependencies (once)...\n')
  const isWindows = process.platform === 'win32'
  const arguments_ = ['--yes', PNPM, 'install', '--frozen-lockfile', '--reporter=append-only']
  if (!isWhole) arguments_.push('--filter', 'hksv-workspace', '--filter', 'hksv...')
  const installed = spawnSync(isWindows ? 'npx.cmd' : 'npx', arguments_, {
    cwd: root,
    shell: isWindows,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  if (installed.status !== 0) {
    process.stderr.write(`${installed.stdout ?? ''}${installed.stderr ?? ''}`)
    fail('The dependencies could not be installed; the lines above say why.')
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, `${wanted} ${isWhole ? 'whole' : 'camera'}`)
}

/** Builds what changed; a quarter of a second when nothing did. */
function build() {
  const projects = isWhole ? [] : ['packages/cli']
  const arguments_ = [bin('typescript', 'bin/tsc'), '-b', ...projects]
  const { status } = spawnSync(process.execPath, arguments_, { cwd: root, stdio: 'inherit' })
  if (status !== 0) fail('The build failed; the lines above say why.')
}

/** Goes on as another program, in this process: signals reach it, and its exit code is ours. */
async function run(file, args) {
  process.argv.splice(1, Number.POSITIVE_INFINITY, file, ...args)
  await import(pathToFileURL(file).href)
}

/** A program of a dev dependency, without a shell and without depending on PATH. */
function bin(packageName, file) {
  return join(root, 'node_modules', packageName, file)
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
