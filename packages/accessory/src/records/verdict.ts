import type { EventRecord, EventRecording, Readiness } from './event-record.ts'

const NOT_READY: Readonly<Record<Exclude<Readiness, 'armed'>, string>> = {
  'not-paired': 'no home has paired with the camera. Add it in Home.',
  'camera-off': 'the camera is switched off in Home. Choose Stream & Allow Recording.',
  'manually-disabled': 'the camera is off by its own switch. Switch it on there.',
  'recording-off': 'recording is switched off in Home. Choose Stream & Allow Recording.',
  'nothing-selected':
    'no hub has chosen what to record. Recording needs a home hub and iCloud+; a hub that was just told needs some minutes.',
}

const REFUSALS: Readonly<Record<string, string>> = {
  busy: 'Another recording was running already; it ends by itself.',
  notAllowed: 'The camera or its recordings are switched off: choose Stream & Allow Recording.',
  invalidConfiguration:
    'What to record is not chosen, or not offered any more: switch recording off and on in Home.',
}

const HUB_ENDS: Readonly<Record<string, string>> = {
  cancelled: 'It may not record any more: look at the recording options in Home.',
  timeout: 'It waited in vain for 8 s: check the source, and the network to the hub.',
  badData: 'It did not understand what it was sent: please report what --json says.',
  protocolError: 'It did not understand what it was sent: please report what --json says.',
}

/** @returns In one sentence or two: whether there is a clip, why, and what to do about it. */
export function verdict(record: EventRecord): string {
  switch (record.outcome) {
    case 'pending':
      return pending(record)
    case 'recorded':
      return clips(record).join(' Then ')
    case 'cut-short':
      return cutShort(record)
    case 'not-paired':
    case 'camera-off':
    case 'manually-disabled':
    case 'recording-off':
    case 'nothing-selected':
      return `No clip: ${NOT_READY[record.outcome]}`
    case 'nobody-told':
      return 'No clip: no controller listened for motion. Is a home hub on, and on this network?'
    case 'never-opened':
      return `No clip: ${neverOpened(record)}`
    case 'refused':
      return refused(record)
    case 'source-failed':
      return `${partOf(record)}: ${sourceFailure(record)}. Check the camera that feeds this one.`
    case 'stalled':
      return `${partOf(record)}: the hub took too little, or nothing for ten seconds. Check its network.`
    case 'interrupted':
      return interrupted(record)
    case 'watched':
      return watched(record)
    case 'nothing-shown':
      return `${record.live?.controllerId ?? 'Somebody'} wanted to look, and nothing was sent. Check the source: a live view needs H.264, and a key frame every few seconds.`
  }
}

const VIEW_ENDS: Readonly<Record<string, string>> = {
  controller: 'the viewer ended it',
  replaced: 'the viewer began another',
  'connection-lost': 'its connection was lost',
  'viewer-silent':
    'nothing was heard of the viewer for 30 s. A firewall may keep UDP between the two',
  'not-allowed': 'it was switched off in Home',
  closed: 'the camera was stopped',
}

function watched({ live, endedAfterMs = 0 }: EventRecord): string {
  if (live === undefined) return 'Somebody looked.'
  const end = VIEW_ENDS[live.reason] ?? live.reason
  return `${live.controllerId} looked for ${seconds(endedAfterMs)}; ${end}.`
}

function pending({ readiness, recordings, told }: EventRecord): string {
  const running = recordings.find(({ refused, ended }) => refused === undefined && !ended)
  if (running !== undefined) return `It is not over yet: hub ${running.controllerId} records.`
  if (recordings.length === 0 && readiness !== 'armed') {
    return `It is not over yet, but there will be no clip: ${NOT_READY[readiness]}`
  }
  if (recordings.length > 0) return 'It is not over yet: something still moves.'
  return `It is not over yet: ${controllers(told.length)} told, and may still ask for a recording.`
}

function interrupted(record: EventRecord): string {
  const { readiness, endedAfterMs } = record
  const stopped = 'The camera was stopped before it was over'
  const [first] = sent(record)
  if (first !== undefined) return `${stopped}: ${media(first)} went to hub ${amount(first)}.`
  if (readiness !== 'armed' && record.recordings.length === 0) {
    return `${stopped}, and there was no clip to come: ${NOT_READY[readiness]}`
  }
  // Of one that was killed there is the beginning only.
  return endedAfterMs === undefined
    ? `${stopped}: what a hub has of it is not known.`
    : `${stopped}: there is no clip.`
}

function cutShort(record: EventRecord): string {
  const last = record.recordings.findLast(({ refused }) => refused === undefined)
  const end = last === undefined ? 'it ended' : describeEnd(last)
  const advice = adviceOf(last?.ended)
  const reason = advice === '' ? `${end}.` : `${end}. ${advice}`
  if (sent(record).length > 0) return `${partOf(record)}: ${reason}`
  return `No clip: hub ${last?.controllerId} opened a recording and got nothing; ${reason}`
}

function neverOpened({ told, setUps }: EventRecord): string {
  const lost = setUps.find(({ helloAfterMs }) => helloAfterMs === undefined)
  const there = setUps.find(({ helloAfterMs }) => helloAfterMs !== undefined)
  if (there !== undefined) {
    return `hub ${there.controllerId} connected, and opened no recording. Look at the recording options in Home.`
  }
  if (lost !== undefined) {
    return `hub ${lost.controllerId} asked for a data stream, and did not connect to it. A firewall may be in the way: the camera is reached on a new TCP port each time.`
  }
  return `${controllers(told.length)} told, and none asked for a recording. Is a home hub on, and are there recording options for this camera in Home?`
}

function refused({ recordings }: EventRecord): string {
  const last = recordings.findLast(one => one.refused !== undefined)
  const reason = last?.refused ?? 'unknown'
  const refusal = `No clip: hub ${last?.controllerId} asked for a recording and was refused (${reason}).`
  return [refusal, REFUSALS[reason]].filter(Boolean).join(' ')
}

function sourceFailure({ sourceFailures }: EventRecord): string {
  return sourceFailures.length > 0 ? 'the source broke off' : 'nothing came from the source'
}

/** What there is of a clip that has no good end. */
function partOf(record: EventRecord): string {
  const all = sent(record)
  if (all.length === 0) return 'No clip'
  const parts = all.map(one => `${media(one)} went to hub ${amount(one)}`)
  return `A clip that is cut short, ${parts.join(', then ')}`
}

function clips(record: EventRecord): string[] {
  return sent(record).map((one, i) => {
    const what = one.mediaMs === undefined ? '' : ` of ${seconds(one.mediaMs)}`
    return `${i === 0 ? 'A' : 'a'} clip${what} went to hub ${amount(one)}; ${describeEnd(one)}.`
  })
}

function sent({ recordings }: EventRecord): EventRecording[] {
  return recordings.filter(({ fragments = 0 }) => fragments > 0)
}

function media({ mediaMs }: EventRecording): string {
  return mediaMs === undefined ? 'a part' : seconds(mediaMs)
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`
}

function amount({ controllerId, fragments = 0, bytes = 0 }: EventRecording): string {
  const noun = fragments === 1 ? 'fragment' : 'fragments'
  return `${controllerId} (${(bytes / 1e6).toFixed(1)} MB in ${fragments} ${noun})`
}

/** Who ended a recording, and why. */
export function describeEnd({ ended }: EventRecording): string {
  if (ended === undefined) return 'it goes on'
  const { by, reason } = ended
  if (by === 'hub') {
    const isAgreed = reason === 'acknowledged'
    return isAgreed ? 'the camera ended it, and the hub agreed' : `the hub ended it: ${reason}`
  }
  if (by === 'connection') {
    if (reason === 'protocol error') return 'the hub broke the protocol'
    return reason === 'connection lost'
      ? 'the connection was lost'
      : `the connection was lost (${reason})`
  }
  if (reason === 'notAllowed') return 'it was switched off meanwhile'
  if (reason === 'expired') return 'the camera ended it, and the hub did not confirm that'
  return `the camera ended it: ${reason}`
}

function adviceOf(ended: EventRecording['ended']): string {
  if (ended?.by === 'hub') return HUB_ENDS[ended.reason] ?? ''
  if (ended?.by !== 'connection') return ''
  return ended.reason === 'protocol error'
    ? 'Please report what --json says.'
    : 'Check the network between the camera and the hub.'
}

/** `2 controllers were`, as the beginning of what befell them. */
export function controllers(count: number): string {
  return count === 1 ? '1 controller was' : `${count} controllers were`
}
