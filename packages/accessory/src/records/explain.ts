import type { EventLive, EventRecord, EventRecording } from './event-record.ts'
import { controllers, describeEnd, verdict } from './verdict.ts'

/**
 * Says in words what became of an event: first why there is a clip or none, and what to do about it;
 * then what happened when, a line each.
 */
export function explain(record: EventRecord): string[] {
  return [verdict(record), ...timeline(record), ...warnings(record)]
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
  if (record.live !== undefined) lines.push(...liveLines(record.live, record.endedAfterMs))
  for (const recording of record.recordings) lines.push(...recordingLines(recording))
  for (const { afterMs, message } of record.sourceFailures) lines.push([afterMs, message])
  if (motionEndedAfterMs !== undefined) lines.push([motionEndedAfterMs, 'motion over'])
  return lines
    .sort(([a], [b]) => a - b)
    .map(([afterMs, text]) => `${`+${(afterMs / 1000).toFixed(3)}`.padStart(9)} s  ${text}`)
}

function liveLines(live: EventLive, endedAfterMs = 0): [number, string][] {
  const { width, height, frameRate, maxBitRateKbps, firstPacketAfterMs, packets, bytes } = live
  const lines: [number, string][] = []
  if (width !== undefined) {
    const asked = `${width}x${height}, ${frameRate} pictures a second, ${maxBitRateKbps} kbit/s`
    lines.push([0, `${live.controllerId} asked for ${asked}`])
  }
  if (firstPacketAfterMs !== undefined) lines.push([firstPacketAfterMs, 'first packet sent'])
  const amount = `${packets} packets and ${(bytes / 1e6).toFixed(1)} MB`
  return [...lines, [endedAfterMs, `over (${live.reason}), after ${amount}${arrived(live)}`]]
}

function arrived({ lostPackets, jitterMs, roundTripMs }: EventLive): string {
  if (lostPackets === undefined) return ''
  const trip = roundTripMs === undefined ? '' : `, round trip ${roundTripMs} ms`
  return `; ${lostPackets} lost on the way, jitter ${jitterMs ?? 0} ms${trip}`
}

function liveWarnings({ thinnings, packets, lostPackets }: EventLive): string[] {
  const lines: string[] = []
  if (thinnings !== undefined) {
    lines.push('only key frames were sent for a while: give a smaller --source beside this one')
  }
  if (lostPackets === undefined && packets > 0) {
    lines.push('the viewer said nothing of what came: a firewall may keep UDP from it, or to it')
  }
  return lines
}

function recordingLines(recording: EventRecording): [number, string][] {
  const { controllerId, address, openAfterMs, refused, ended } = recording
  // A socket for both kinds of IP says so in each address.
  const host = address?.replace(/^::ffff:(?=\d+\.)/, '')
  const from = host === undefined ? controllerId : `${controllerId} (${host})`
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
  if (ended !== undefined) {
    const { fragments = 0, bytes = 0 } = recording
    const noun = fragments === 1 ? 'fragment' : 'fragments'
    const after = `after ${fragments} ${noun} and ${(bytes / 1e6).toFixed(1)} MB`
    lines.push([ended.afterMs, `${describeEnd(recording)}, ${after}`])
  }
  return lines
}

function warnings({ recordings, setUps, live, leftOut }: EventRecord): string[] {
  const lines = recordings.flatMap(recordingWarnings)
  if (live !== undefined) lines.push(...liveWarnings(live))
  if (setUps.some(({ helloAfterMs }) => helloAfterMs === undefined)) {
    lines.push('a hub asked for a data stream and did not connect: a firewall may stop it')
  }
  if (leftOut !== undefined) lines.push(`${leftOut} more of the above are not kept`)
  return [...new Set(lines)].map(line => `warning: ${line}`)
}

function recordingWarnings(recording: EventRecording): string[] {
  const { video, openAfterMs, firstFragmentAfterMs, maxQueuedBytes = 0 } = recording
  const lines: string[] = []
  if (video?.hasBFrames) lines.push('the source has B frames, which some hubs do not take')
  if ((video?.maxKeyFrameIntervalMs ?? 0) > 4500) {
    lines.push('key frames of the source are more than 4.5 s apart: set it to 4 s or less')
  }
  const firstMs = (firstFragmentAfterMs ?? openAfterMs) - openAfterMs
  if (firstMs > 3000) {
    lines.push(`the first fragment took ${(firstMs / 1000).toFixed(1)} s, and hubs wait for 5 to 8`)
  }
  if (maxQueuedBytes > 512 * 1024) lines.push('the hub was slow to take what it was sent')
  return lines
}

function describeMedia({ video, hasAudio }: EventRecording): string {
  if (video === undefined) return 'media unknown'
  const { codec, width, height } = video
  return `${codec} ${width}x${height}, ${hasAudio ? 'with' : 'without'} sound`
}
