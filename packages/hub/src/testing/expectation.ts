import { HubError } from '../errors.ts'
import type { RecordingReport } from '../record-clip.ts'

/** What a test wanted of a camera, and what it got. */
export function expectation(expected: string, came: string): HubError {
  const end = /[.?]$/.test(came) ? '' : '.'
  return new HubError('HUB_UNEXPECTED', { message: `Expected ${expected}; came: ${came}${end}` })
}

/** `2 fragments, 8000 ms, 123456 bytes` */
export function describeClip({ fragments, durationMs, bytes }: RecordingReport): string {
  return `${fragments.length} fragments, ${Math.round(durationMs)} ms, ${bytes} bytes`
}
