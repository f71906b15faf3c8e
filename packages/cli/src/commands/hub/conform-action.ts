import { spawn } from 'node:child_process'

import { IncompleteError } from '../../failure.ts'

/** Something that a user lets happen during a run. */
export type ConformAction = (signal: AbortSignal) => Promise<void>

const DEADLINE_MS = 60_000

/** `http://…` is posted to; anything else is a command of the shell. */
export function actionOf(text: string): ConformAction {
  return /^https?:\/\//i.test(text) ? signal => post(text, signal) : signal => execute(text, signal)
}

async function post(url: string, signal: AbortSignal): Promise<void> {
  // Only where it went is said: an address may hold a password.
  const { host } = new URL(url)
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)])
  let status: number
  try {
    const { username, password, ...parts } = splitAddress(url)
    const headers: Record<string, string> =
      username === ''
        ? {}
        : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
    status = (await fetch(parts.url, { method: 'POST', headers, signal: deadline })).status
  } catch (cause) {
    throw new IncompleteError(`Nothing answers at ${host}. Check the address.`, { cause })
  }
  if (status >= 400) throw new IncompleteError(`${host} answered with HTTP status ${status}.`)
}

function splitAddress(text: string): { url: URL; username: string; password: string } {
  const url = new URL(text)
  const { username, password } = url
  url.username = ''
  url.password = ''
  return { url, username: decodeURIComponent(username), password: decodeURIComponent(password) }
}

function execute(command: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, {
      shell: true,
      stdio: ['ignore', 'ignore', 'inherit'],
      signal,
      timeout: DEADLINE_MS,
    })
    child.on('error', cause =>
      reject(new IncompleteError('The command could not be run.', { cause })),
    )
    child.on('exit', code => {
      if (code === 0) resolve()
      else reject(new IncompleteError(`The command ended with exit code ${code ?? 'none'}.`))
    })
  })
}
