import process from 'node:process'

import type { CameraEvent, CameraInfo } from '@hksv/accessory'

import type { Output } from '../output.ts'

/** The first line of `--json`, and what a person needs to begin. */
export async function introduce(output: Output, info: CameraInfo, source: string): Promise<void> {
  output.record({ event: 'listening', ...info })
  const { name, id, port, controlUrl, storage } = info
  output.note(`${output.style('bold', name)} (${id}) listens on port ${port}.`)
  output.note(`Source: ${source}`)
  output.note(`State:  ${storage}`)
  if (controlUrl !== undefined) output.note(`Control API: ${controlUrl}`)
  await showCode(output, info)
}

/** How to pair it, as long as nobody has. */
async function showCode(output: Output, { setupCode, setupUri }: CameraInfo): Promise<void> {
  if (setupCode === undefined || setupUri === undefined) {
    output.note('Paired already; remove it in Home to pair it anew.')
    return
  }
  const { toString: qrCode } = await import('qrcode')
  const type = process.stderr.isTTY ? 'terminal' : 'utf8'
  output.note(`\n${await qrCode(setupUri, { type, small: true, margin: 2 })}`)
  output.note(`Setup code: ${output.style('bold', setupCode)}   (${setupUri})`)
  output.note('In Home: add an accessory, then scan the code above, or choose it by its name.')
}

/** Tells of an event, for programs and for people. */
export function report(output: Output, event: CameraEvent, info: CameraInfo | undefined): void {
  const isFree = event.event === 'unpaired' && info !== undefined
  const { setupCode, setupUri } = info ?? {}
  output.record(isFree ? { ...event, setupCode, setupUri } : event)
  const text = describe(event)
  if (text !== undefined) output.note(text)
  if (isFree) void showCode(output, info)
}

function describe(event: CameraEvent): string | undefined {
  switch (event.event) {
    case 'paired':
      return 'Paired.'
    case 'unpaired':
      return 'Not paired any more.'
    case 'armed':
      return 'Armed: motion will be recorded.'
    case 'disarmed':
      return 'Disarmed: nothing will be recorded.'
    case 'motion':
      return event.isDetected ? 'Motion.' : 'Motion is over.'
    case 'occupancy':
      return event.isDetected ? 'Somebody is there.' : 'Nobody is there any more.'
    case 'doorbell':
      return 'Somebody rings.'
    case 'manually-disabled':
      return event.isDisabled ? 'Switched off at the camera.' : 'Switched on at the camera.'
    case 'indicator':
      return `The status light is to be ${event.isOn ? 'on' : 'off'}.`
    case 'night-vision':
      return `Night vision is to be ${event.isOn ? 'automatic' : 'off'}.`
    case 'recording-opened':
      return 'A hub records.'
    case 'recording-closed': {
      const megabytes = (event.bytes / 1e6).toFixed(1)
      return `The recording is over (${event.reason}): ${event.fragments} fragments, ${megabytes} MB.`
    }
    case 'stream-started':
      return 'Somebody looks.'
    case 'stream-stopped':
      return `The live view is over (${event.reason}): ${liveViewText(event)}.`
    case 'identify':
      // The log has said so.
      return undefined
    case 'error':
      return event.isRepeated ? undefined : event.message
  }
}

function liveViewText(view: Extract<CameraEvent, { event: 'stream-stopped' }>): string {
  const { durationMs = 0, packets, bytes, viewer } = view
  const sent = `${Math.round(durationMs / 1000)} s, ${packets} packets, ${(bytes / 1e6).toFixed(1)} MB`
  if (viewer === undefined) return `${sent}, and the viewer said nothing of what came`
  return `${sent}, ${Math.max(0, viewer.lostPackets)} lost on the way`
}
