// Throws hostile input at a running camera and looks at what is left of it.
//
// usage: node tools/hostile/run.mjs [--reduced] [--only PART-OF-A-NAME ...]
//
// One process of the built `hksv camera` takes it all. Prints for each group how its inputs ended,
// then what an honest controller waits and what the process holds, before and after. Exit codes:
// 0 all by the rules, 1 something was not.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))
// Beside the packages that it imports.
const outfile = join(here, '.cache/main.mjs')
mkdirSync(dirname(outfile), { recursive: true })
await build({
  entryPoints: [join(here, 'main.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
})
const { run } = await import(pathToFileURL(outfile).href)
await run(root)
