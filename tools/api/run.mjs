// Writes what each package exports, with its types, to packages/NAME/api/ENTRY.api.md: whoever changes
// one of them sees in the diff what that means for those who use it.
//
// usage: node tools/api/run.mjs [--check]
//
// Needs the build. With --check nothing is written; exit code 1 when a report is not what it would be.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'

const root = fileURLToPath(new URL('../../', import.meta.url))
const flags = process.argv.slice(2)
const isCheck = flags[0] === '--check'
if (flags.length > (isCheck ? 1 : 0)) {
  console.error('usage: node tools/api/run.mjs [--check]')
  process.exit(2)
}

const compilerOptions = {
  target: 'ES2023',
  lib: ['ES2023'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  strict: true,
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
  skipLibCheck: true,
}

const temporary = mkdtempSync(join(tmpdir(), 'hksv-api-'))
try {
  const stale = packages().flatMap(entriesOf).filter(report)
  if (isCheck && stale.length > 0) {
    const names = stale.map(({ file }) => relative(root, file)).join(', ')
    console.error(`Not what the packages export: ${names}. Run: npm run api`)
    process.exitCode = 1
  } else console.log(isCheck ? 'every report holds' : `${stale.length} reports written anew`)
} finally {
  rmSync(temporary, { recursive: true })
}

function packages() {
  return readdirSync(join(root, 'packages')).map(name => join(root, 'packages', name))
}

/** One for each thing that can be imported. */
function entriesOf(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return Object.entries(exports).flatMap(([path, { types }]) => {
    if (types === undefined) return []
    const name = path === '.' ? 'index' : path.slice(2)
    return [
      { folder, name, types: join(folder, types), file: join(folder, 'api', `${name}.api.md`) },
    ]
  })
}

/** @returns Whether the report was another one. */
function report({ folder, name, types }) {
  if (!existsSync(types)) throw new Error(`There is no ${types}. Run: npm run build`)
  mkdirSync(join(folder, 'api'), { recursive: true })
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: types,
      compiler: { overrideTsconfig: { compilerOptions, files: [types] } },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(folder, 'api'),
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      newlineKind: 'lf',
      messages: {
        // Comments are written for people and for TypeDoc; types that are not exported are listed.
        compilerMessageReporting: { default: { logLevel: 'none' } },
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  })
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: !isCheck,
    messageCallback: message => {
      message.handled = true
      if (message.logLevel === 'error') throw new Error(message.text)
    },
  })
  return apiReportChanged
}
