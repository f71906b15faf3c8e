import { readdirSync, readFileSync } from 'node:fs'

/** A process that this one has started. */
export interface Child {
  readonly pid: number
  /** Its arguments. */
  readonly args: readonly string[]
}

/** @returns The living children of this process, those of the threads it runs tests in included. */
export function ffmpegChildren(): Child[] {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name)) return []
    try {
      // The name of the program may hold spaces, but ends with the last parenthesis.
      const [state, parent] =
        readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      if (Number(parent) !== process.pid || state === 'Z') return []
      const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
      return args[0]?.endsWith('ffmpeg') ? [{ pid: Number(name), args }] : []
    } catch {
      // It has just ended.
      return []
    }
  })
}
