import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports?: Readonly<Record<string, unknown>>
}

/** The packages that are published. */
export const published: readonly { readonly folder: string; readonly manifest: Manifest }[] = [
  ...readdirSync(join(root, 'packages')).map(name => join(root, 'packages', name)),
  join(root, 'test-vectors'),
].map(folder => ({
  folder,
  manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
}))

/** A package as it is published. */
interface Tarball {
  readonly name: string
  readonly file: string
}

/** Packs all packages into a directory, as they are published. */
export function pack(directory: string): Tarball[] {
  return published.map(({ folder, manifest: { name, version } }) => {
    run('npx', ['--yes', 'pnpm@12.21.0', 'pack', '--pack-destination', directory], folder)
    const base = name.replace(/^@/, '').replace('/', '-')
    return { name, file: join(directory, `${base}-${version}.tgz`) }
  })
}

/**
 * Installs tarballs with npm as the dependencies of a project. What they depend on comes from the registry,
 * or from npm's cache.
 *
 * @param directory An empty one.
 */
export function install(directory: string, tarballs: readonly Tarball[]): void {
  const dependencies = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]))
  // Nothing is on the registry before the first release: siblings are the tarballs as well.
  const overrides = Object.fromEntries(tarballs.map(({ name }) => [name, `$${name}`]))
  const project = { name: 'stranger', private: true, type: 'module', dependencies, overrides }
  writeFileSync(join(directory, 'package.json'), JSON.stringify(project, undefined, 2))
  npm(directory, 'install')
}

/**
 * Installs tarballs as `npm install -g` does.
 *
 * @param prefix An empty directory; `bin/hksv` is in it then.
 */
export function installGlobally(prefix: string, tarballs: readonly Tarball[]): void {
  npm(prefix, 'install', '-g', '--prefix', prefix, ...tarballs.map(({ file }) => file))
}

function npm(cwd: string, ...args: readonly string[]): void {
  run('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund'], cwd)
}

function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
}
