import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
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

/**
 * Packs all packages as they are published, and installs the tarballs with npm into an empty project. What
 * they depend on comes from the registry, or from npm's cache.
 *
 * @param directory An empty one.
 */
export function installTarballs(directory: string): void {
  const tarballs = join(directory, 'tarballs')
  mkdirSync(tarballs)
  const dependencies: Record<string, string> = {}
  for (const { folder, manifest } of published) {
    run('npx', ['--yes', 'pnpm@12.21.0', 'pack', '--pack-destination', tarballs], folder)
    const file = `${manifest.name.replace(/^@/, '').replace('/', '-')}-${manifest.version}.tgz`
    dependencies[manifest.name] = `file:tarballs/${file}`
  }
  // Nothing is on the registry before the first release: siblings are the tarballs as well.
  const overrides = Object.fromEntries(Object.keys(dependencies).map(name => [name, `$${name}`]))
  const project = { name: 'stranger', private: true, type: 'module', dependencies, overrides }
  writeFileSync(join(directory, 'package.json'), JSON.stringify(project, undefined, 2))
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], directory)
}

function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
}
