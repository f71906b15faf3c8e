import { readFile } from 'node:fs/promises'

/** What a process has in memory, in megabytes of a million bytes. Linux only. */
export async function residentMegabytes(pid) {
  const text = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(text) ?? []
  return (Number(kibibytes) * 1024) / 1e6
}
