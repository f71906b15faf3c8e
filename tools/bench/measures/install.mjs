import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PNPM = 'pnpm@12.21.0'
const packages = fileURLToPath(new URL('../../../packages', import.meta.url))
const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx'
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const run = promisify(execFile)

/** What `npm install` brings into an empty project. It needs the registry. */
export const install = {
  name: 'install',
  isExact: true,
  async prepare() {
    return {
      async run() {
        const ours = await installed(await withDependencies('accessory'))
        const { version } = createRequire(import.meta.url)('hap-nodejs/package.json')
        const theirs = await installed([], `hap-nodejs@${version}`)
        return {
          packages: { ours: ours.packages, theirs: theirs.packages },
          bytes: { ours: ours.bytes / 1e6, theirs: theirs.bytes / 1e6 },
        }
      },
      async stop() {},
    }
  },
  rows: [
    {
      key: 'packages',
      what: 'packages that @hksv/accessory installs',
      unit: '',
      against: 'hap-nodejs',
      limit: 29,
    },
    { key: 'bytes', what: 'their files', unit: 'MB', against: 'hap-nodejs', limit: 10 },
  ],
}

/** The folders of a package of this workspace and of all others that it needs. */
async function withDependencies(folder, found = new Set()) {
  found.add(folder)
  const { dependencies = {} } = await readJson(join(packages, folder, 'package.json'))
  for (const name of Object.keys(dependencies)) {
    const other = name.replace(/^@hksv\//, '')
    if (other !== name && !found.has(other)) await withDependencies(other, found)
  }
  return [...found]
}

/** Packs these folders as they would be published, and installs them or what is named. */
async function installed(folders, ...named) {
  const project = await mkdtemp(join(tmpdir(), 'hksv-bench-'))
  try {
    await writeFile(join(project, 'package.json'), '{"name":"empty","private":true}')
    for (const folder of folders) {
      const cwd = join(packages, folder)
      await run(npx, ['--yes', PNPM, 'pack', '--pack-destination', project], { cwd })
    }
    const tarballs = (await readdir(project)).filter(name => name.endsWith('.tgz'))
    const wanted = [...tarballs.map(name => `./${name}`), ...named]
    const quiet = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund']
    await run(npm, ['install', ...quiet, ...wanted], { cwd: project })
    const modules = join(project, 'node_modules')
    const lock = await readJson(join(modules, '.package-lock.json'))
    return { packages: Object.keys(lock.packages).length, bytes: await bytesIn(modules) }
  } finally {
    await rm(project, { recursive: true, force: true })
  }
}

async function bytesIn(directory) {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  const files = entries.filter(entry => entry.isFile())
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function readJson(path) {
  return JSON.parse(await readFile(path, 'utf8'))
}
