import type { EventRecord, EventRecording } from './event-record.ts'

/**
 * Says in words what became of an event: first why there is a clip or none, and what to do about it;
 * then what happened when, a line each.
 */
export function explain(record: EventRecord): string[] {
  return [verdict(record), ...timeline(record), ...warnings(record)]
}

function verdict(record: EventRecord): string {
  const { recordings } = record
  const last = recordings.findLast(({ refused }) => refused === undefined)
  const refusal = recordings.findLast(({ refused }) => refused !== undefined)
  switch (record.outcome) {
    case 'pending':
      return 'It is not over yet.'
    case 'recorded':
      return `A clip: ${clip(record)}.`
    case 'cut-short':
      return `A clip that is cut short: ${clip(record)}; ${end(last)}.`
    case 'not-paired':
      return 'No clip: no home has paired with the camera. Add it in Home.'
    case 'camera-off':
      return 'No clip: the camera is switched off in Home. Choose Stream & Allow Recording.'
    case 'manually-disabled':
      return 'No clip: the camera is off by its own switch.'
    case 'recording-off':
      return 'No clip: recording is switched off in Home. Choose Stream & Allow Recording.'
    case 'nothing-selected':
      return 'No clip: no hub has chosen what to record. Recording needs a home hub and iCloud+; a hub that was just told needs some minutes.'
    case 'nobody-told':
      return 'No clip: no controller listened for motion. Is a home hub on, and on this network?'
    case 'never-opened':
      return `No clip: ${controllers(record.told.length)} told, and none asked for a recording. Is a home hub on, and are there recording options for this camera in Home?`
    case 'refused':
      return `No clip: a hub asked for a recording and was refused: ${refusal?.refused ?? 'unknown'}.`
    case 'source-failed':
      return `No clip${hasFragments(record) ? ' to the end' : ''}: the source gave nothing. Check the camera that feeds this one.`
    case 'stalled':
      return `${hasFragments(record) ? 'A clip that is cut short' : 'No clip'}: the hub took nothing for ten seconds. Check its network.`
    case 'interrupted':
      return 'The camera was stopped before it was over.'
  }
}

function timeline(record: EventRecord): string[] {
  const { trigger, triggers, motionEndedAfterMs } = record
  const lines: [number, string][] = [
    [0, `${trigger.kind} (${trigger.source})${triggers > 1 ? `, ${triggers} times` : ''}`],
  ]
  if (record.told.length > 0) {
    lines.push([0, `${controllers(record.told.length)} told: ${record.told.join(', ')}`])
  }
  for (const { controllerId, afterMs, helloAfterMs } of record.setUps) {
    lines.push([afterMs, `${controllerId} asked for a data stream`])
    if (helloAfterMs !== undefined) lines.push([helloAfterMs, `${controllerId} connected`])
  }
  for (const recording of record.recordings) lines.push(...recordingLines(recording))
  for (const { afterMs, message } of record.sourceFailures) lines.push([afterMs, message])
  if (motionEndedAfterMs !== undefined) lines.push([motionEndedAfterMs, 'motion over'])
  return lines
    .sort(([a], [b]) => a - b)
    .map(([afterMs, text]) => `${`+${(afterMs / 1000).toFixed(3)}`.padStart(9)} s  ${text}`)
}

function recordingLines(recording: EventRecording): [number, string][] {
  const { controllerId, address, openAfterMs, refused, video, ended } = recording
  const from = address === undefined ? controllerId : `${controllerId} (${address})`
  if (refused !== undefined) return [[openAfterMs, `${from} was refused a recording: ${refused}`]]
  const lines: [number, string][] = [
    [openAfterMs, `${from} opened a recording: ${describeMedia(recording)}`],
  ]
  const { initAfterMs, firstFragmentAfterMs, prebufferMs = 0 } = recording
  if (initAfterMs !== undefined) lines.push([initAfterMs, 'initialization sent'])
  if (firstFragmentAfterMs !== undefined) {
    const past = `${(prebufferMs / 1000).toFixed(1)} s of prebuffer`
    lines.push([firstFragmentAfterMs, `first fragment sent, ${past}`])
  }
  if (ended !== undefined && video !== undefined) {
    lines.push([ended.afterMs, `${end(recording)}, after ${amount(recording)}`])
  }
  return lines
}

function warnings({ recordings, setUps }: EventRecord): string[] {
  const lines: string[] = []
  const of = (text: string) => lines.push(`warning: ${text}`)
  for (const { video, maxQueuedBytes = 0 } of recordings) {
    if (video?.hasBFrames) of('the source has B frames, which some hubs do not take')
    if ((video?.maxKeyFrameIntervalMs ?? 0) > 4500) {
      of('key frames of the source are more than 4.5 s apart: set it to 4 s or less')
    }
    if (maxQueuedBytes > 512 * 1024) of('the hub was slow to take what it was sent')
  }
  if (setUps.some(({ helloAfterMs }) => helloAfterMs === undefined)) {
    of('a hub asked for a data stream and did not connect: a firewall may stop it')
  }
  return [...new Set(lines)]
}

function clip({ recordings }: EventRecord): string {
  const sent = recordings.filter(({ fragments = 0 }) => fragments > 0)
  const [first] = sent
  if (first === undefined) return 'nothing but its beginning'
  return sent.map(one => `${amount(one)} to ${one.controllerId}`).join(', then ')
}

function amount({ fragments = 0, bytes = 0 }: EventRecording): string {
  const noun = fragments === 1 ? 'fragment' : 'fragments'
  return `${fragments} ${noun}, ${(bytes / 1e6).toFixed(1)} MB`
}

function end(recording: EventRecording | undefined): string {
  const { by, reason = 'unknown' } = recording?.ended ?? {}
  if (by === 'connection') return `the connection was lost (${reason})`
  return `${by === 'hub' ? 'the hub' : 'the camera'} ended it (${reason})`
}

function describeMedia({ video, hasAudio }: EventRecording): string {
  if (video === undefined) return 'media unknown'
  const { codec, width, height } = video
  return `${codec} ${width}x${height}, ${hasAudio ? 'with' : 'without'} sound`
}

function controllers(count: number): string {
  return count === 1 ? '1 controller was' : `${count} controllers were`
}

function hasFragments({ recordings }: EventRecord): boolean {
  return recordings.some(({ fragments = 0 }) => fragments > 0)
}
