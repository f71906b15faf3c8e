import {
  type EventLive,
  type EventOutcome,
  type EventRecord,
  type EventRecording,
  explain,
} from '@hksv/accessory'
import { expect, test } from 'vitest'

const recording: EventRecording = {
  controllerId: 'AA:01',
  address: '::ffff:10.0.0.2',
  openAfterMs: 120,
  initAfterMs: 121,
  firstFragmentAfterMs: 125,
  prebufferMs: 4000,
  mediaMs: 32_000,
  fragments: 8,
  bytes: 12_400_000,
  maxQueuedBytes: 100,
  video: { codec: 'h264', width: 1920, height: 1080, hasBFrames: false },
  hasAudio: true,
  ended: { afterMs: 31_000, by: 'hub', reason: 'normal' },
}

function recordOf(outcome: EventOutcome, more: Partial<EventRecord> = {}): EventRecord {
  return {
    id: 7,
    camera: 'Porch',
    at: '2026-11-23T12:00:00.000Z',
    trigger: { kind: 'motion', source: 'control' },
    triggers: 1,
    readiness: 'armed',
    told: ['AA:01', 'AA:02'],
    setUps: [],
    recordings: [],
    sourceFailures: [],
    outcome,
    endedAfterMs: 8000,
    ...more,
  }
}

test('tells a clip from the motion to its end', () => {
  const record = recordOf('recorded', {
    setUps: [{ controllerId: 'AA:01', afterMs: 80, helloAfterMs: 100 }],
    recordings: [recording],
    motionEndedAfterMs: 10_000,
  })
  expect(explain(record)).toEqual([
    'A clip of 32 s went to hub AA:01 (12.4 MB in 8 fragments); the hub ended it: normal.',
    '   +0.000 s  motion (control)',
    '   +0.000 s  2 controllers were told: AA:01, AA:02',
    '   +0.080 s  AA:01 asked for a data stream',
    '   +0.100 s  AA:01 connected',
    '   +0.120 s  AA:01 (10.0.0.2) opened a recording: h264 1920x1080, with sound',
    '   +0.121 s  initialization sent',
    '   +0.125 s  first fragment sent, 4.0 s of prebuffer',
    '  +10.000 s  motion over',
    '  +31.000 s  the hub ended it: normal, after 8 fragments and 12.4 MB',
  ])
})

const nothing = { ...recording, fragments: 0, bytes: 0, mediaMs: 0 }
const some = { ...recording, fragments: 1, bytes: 800_000, mediaMs: 4000 }
const refusedFor = (refused: string) => ({
  recordings: [{ controllerId: 'AA:01', openAfterMs: 1, refused }],
})
type Ended = NonNullable<EventRecording['ended']>
const endedBy = (one: EventRecording, by: Ended['by'], reason: string) => ({
  recordings: [{ ...one, ended: { afterMs: 1, by, reason } }],
})
const { ended: _, ...running } = some
const failure = { sourceFailures: [{ afterMs: 1, message: 'The source failed: unplugged' }] }

const looked: EventLive = {
  controllerId: 'phone',
  ...{ width: 1280, height: 720, frameRate: 30, maxBitRateKbps: 299 },
  firstPacketAfterMs: 4,
  packets: 1200,
  bytes: 1_400_000,
  reason: 'viewer-silent',
}
const verdicts: Record<EventOutcome, [Partial<EventRecord>, string][]> = {
  pending: [
    [{}, 'It is not over yet: 2 controllers were told, and may still ask for a recording.'],
    [{ recordings: [running] }, 'It is not over yet: hub AA:01 records.'],
    [{ recordings: [recording] }, 'It is not over yet: something still moves.'],
    [
      { readiness: 'camera-off' },
      'It is not over yet, but there will be no clip: the camera is switched off in Home. Choose Stream & Allow Recording.',
    ],
  ],
  recorded: [
    [
      { recordings: [nothing, recording, endedBy(some, 'hub', 'cancelled').recordings[0] ?? some] },
      'A clip of 32 s went to hub AA:01 (12.4 MB in 8 fragments); the hub ended it: normal. Then a clip of 4.0 s went to hub AA:01 (0.8 MB in 1 fragment); the hub ended it: cancelled.',
    ],
    [
      { recordings: [{ ...recording, mediaMs: undefined }] },
      'A clip went to hub AA:01 (12.4 MB in 8 fragments); the hub ended it: normal.',
    ],
    [
      endedBy(recording, 'hub', 'acknowledged'),
      'A clip of 32 s went to hub AA:01 (12.4 MB in 8 fragments); the camera ended it, and the hub agreed.',
    ],
  ],
  'cut-short': [
    [
      endedBy(some, 'connection', 'connection lost'),
      'A clip that is cut short, 4.0 s went to hub AA:01 (0.8 MB in 1 fragment): the connection was lost. Check the network between the camera and the hub.',
    ],
    [
      endedBy({ ...some, mediaMs: undefined }, 'camera', 'notAllowed'),
      'A clip that is cut short, a part went to hub AA:01 (0.8 MB in 1 fragment): it was switched off meanwhile.',
    ],
    [
      endedBy(nothing, 'hub', 'timeout'),
      'No clip: hub AA:01 opened a recording and got nothing; the hub ended it: timeout. It waited in vain for 8 s: check the source, and the network to the hub.',
    ],
    [
      endedBy(nothing, 'connection', 'HAP connection lost'),
      'No clip: hub AA:01 opened a recording and got nothing; the connection was lost (HAP connection lost). Check the network between the camera and the hub.',
    ],
    [
      endedBy(nothing, 'connection', 'protocol error'),
      'No clip: hub AA:01 opened a recording and got nothing; the hub broke the protocol. Please report what --json says.',
    ],
    [
      endedBy(some, 'hub', 'unknown 77'),
      'A clip that is cut short, 4.0 s went to hub AA:01 (0.8 MB in 1 fragment): the hub ended it: unknown 77.',
    ],
    [
      endedBy(some, 'camera', 'expired'),
      'A clip that is cut short, 4.0 s went to hub AA:01 (0.8 MB in 1 fragment): the camera ended it, and the hub did not confirm that.',
    ],
  ],
  'not-paired': [[{}, 'No clip: no home has paired with the camera. Add it in Home.']],
  'camera-off': [
    [{}, 'No clip: the camera is switched off in Home. Choose Stream & Allow Recording.'],
  ],
  'manually-disabled': [[{}, 'No clip: the camera is off by its own switch. Switch it on there.']],
  'recording-off': [
    [{}, 'No clip: recording is switched off in Home. Choose Stream & Allow Recording.'],
  ],
  'nothing-selected': [
    [
      {},
      'No clip: no hub has chosen what to record. Recording needs a home hub and iCloud+; a hub that was just told needs some minutes.',
    ],
  ],
  'nobody-told': [
    [
      { told: [] },
      'No clip: no controller listened for motion. Is a home hub on, and on this network?',
    ],
  ],
  'never-opened': [
    [
      {},
      'No clip: 2 controllers were told, and none asked for a recording. Is a home hub on, and are there recording options for this camera in Home?',
    ],
    [
      { setUps: [{ controllerId: 'AA:01', afterMs: 1 }] },
      'No clip: hub AA:01 asked for a data stream, and did not connect to it. A firewall may be in the way: the camera is reached on a new TCP port each time.',
    ],
    [
      { setUps: [{ controllerId: 'AA:01', afterMs: 1, helloAfterMs: 9 }] },
      'No clip: hub AA:01 connected, and opened no recording. Look at the recording options in Home.',
    ],
  ],
  refused: [
    [
      refusedFor('notAllowed'),
      'No clip: hub AA:01 asked for a recording and was refused (notAllowed). The camera or its recordings are switched off: choose Stream & Allow Recording.',
    ],
    [
      refusedFor('unheard of'),
      'No clip: hub AA:01 asked for a recording and was refused (unheard of).',
    ],
  ],
  'source-failed': [
    [failure, 'No clip: the source broke off. Check the camera that feeds this one.'],
    [
      { recordings: [nothing] },
      'No clip: nothing came from the source. Check the camera that feeds this one.',
    ],
    [
      { recordings: [some], ...failure },
      'A clip that is cut short, 4.0 s went to hub AA:01 (0.8 MB in 1 fragment): the source broke off. Check the camera that feeds this one.',
    ],
  ],
  stalled: [
    [{}, 'No clip: the hub took too little, or nothing for ten seconds. Check its network.'],
    [
      { recordings: [some, some] },
      'A clip that is cut short, 4.0 s went to hub AA:01 (0.8 MB in 1 fragment), then 4.0 s went to hub AA:01 (0.8 MB in 1 fragment): the hub took too little, or nothing for ten seconds. Check its network.',
    ],
  ],
  interrupted: [
    [{}, 'The camera was stopped before it was over: there is no clip.'],
    [
      { endedAfterMs: undefined },
      'The camera was stopped before it was over: what a hub has of it is not known.',
    ],
    [
      { recordings: [some] },
      'The camera was stopped before it was over: 4.0 s went to hub AA:01 (0.8 MB in 1 fragment).',
    ],
    [
      { readiness: 'not-paired' },
      'The camera was stopped before it was over, and there was no clip to come: no home has paired with the camera. Add it in Home.',
    ],
  ],
  watched: [
    [
      { live: looked, endedAfterMs: 61_200 },
      'phone looked for 61 s; nothing was heard of the viewer for 30 s. A firewall may keep UDP between the two.',
    ],
  ],
  'nothing-shown': [
    [
      { live: { ...looked, packets: 0, bytes: 0 } },
      'phone wanted to look, and nothing was sent. Check the source: a live view needs H.264, and a key frame every few seconds.',
    ],
  ],
}
const rows = (Object.keys(verdicts) as EventOutcome[]).flatMap(outcome =>
  verdicts[outcome].map(([more, text]) => [outcome, text, more] as const),
)
test.each(rows)('says first why: %s, %s', (outcome, text, more) => {
  const [verdict, ...rest] = explain(recordOf(outcome, more))
  expect(verdict).toBe(text)
  expect(rest.length).toBeGreaterThan(0)
})

test('tells of what was refused, failed, and has not ended', () => {
  expect(
    explain(
      recordOf('pending', {
        triggers: 3,
        told: ['AA:01'],
        recordings: [
          { controllerId: 'AA:02', openAfterMs: 50, refused: 'busy' },
          { ...running, video: undefined, hasAudio: undefined },
        ],
        ...failure,
        leftOut: 38,
      }),
    ).slice(1),
  ).toEqual([
    '   +0.000 s  motion (control), 3 times',
    '   +0.000 s  1 controller was told: AA:01',
    '   +0.001 s  The source failed: unplugged',
    '   +0.050 s  AA:02 was refused a recording: busy',
    '   +0.120 s  AA:01 (10.0.0.2) opened a recording: media unknown',
    '   +0.121 s  initialization sent',
    '   +0.125 s  first fragment sent, 4.0 s of prebuffer',
    'warning: 38 more of the above are not kept',
  ])
})

test('warns of what may be the cause', () => {
  const video = { codec: 'h264', width: 1, height: 1, hasBFrames: true } as const
  const lines = explain(
    recordOf('recorded', {
      setUps: [{ controllerId: 'AA:02', afterMs: 80 }],
      recordings: [
        {
          ...recording,
          maxQueuedBytes: 800_000,
          firstFragmentAfterMs: 4120,
          video: { ...video, maxKeyFrameIntervalMs: 8000 },
        },
      ],
    }),
  )
  expect(lines.filter(line => line.startsWith('warning'))).toEqual([
    expect.stringContaining('B frames'),
    expect.stringContaining('4.5 s apart'),
    expect.stringContaining('first fragment took 4.0 s'),
    expect.stringContaining('slow to take'),
    expect.stringContaining('firewall'),
  ])
})

test('tells what a live view was like, and what may be wrong with it', () => {
  const live: EventLive = {
    ...{ ...looked, lostPackets: 12, jitterMs: 3, roundTripMs: 20, thinnings: 1 },
    reason: 'controller',
  }
  const record = recordOf('watched', {
    trigger: { kind: 'live', source: 'phone' },
    told: [],
    live,
  })
  expect(explain({ ...record, endedAfterMs: 30_000 })).toEqual([
    'phone looked for 30 s; the viewer ended it.',
    '   +0.000 s  live (phone)',
    '   +0.000 s  phone asked for 1280x720, 30 pictures a second, 299 kbit/s',
    '   +0.004 s  first packet sent',
    '  +30.000 s  over (controller), after 1200 packets and 1.4 MB; 12 lost on the way, jitter 3 ms, round trip 20 ms',
    'warning: only key frames were sent for a while: give a smaller --source beside this one',
  ])
})
