import { type EventOutcome, type EventRecord, type EventRecording, explain } from '@hksv/accessory'
import { expect, test } from 'vitest'

const recording: EventRecording = {
  controllerId: 'AA:01',
  address: '10.0.0.2',
  openAfterMs: 120,
  initAfterMs: 121,
  firstFragmentAfterMs: 125,
  prebufferMs: 4000,
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
    'A clip: 8 fragments, 12.4 MB to AA:01.',
    '   +0.000 s  motion (control)',
    '   +0.000 s  2 controllers were told: AA:01, AA:02',
    '   +0.080 s  AA:01 asked for a data stream',
    '   +0.100 s  AA:01 connected',
    '   +0.120 s  AA:01 (10.0.0.2) opened a recording: h264 1920x1080, with sound',
    '   +0.121 s  initialization sent',
    '   +0.125 s  first fragment sent, 4.0 s of prebuffer',
    '  +10.000 s  motion over',
    '  +31.000 s  the hub ended it (normal), after 8 fragments, 12.4 MB',
  ])
})

const one = { fragments: 1, bytes: 800_000 }
const rows: [EventOutcome, Partial<EventRecord>, RegExp][] = [
  ['pending', {}, /not over yet/],
  [
    'cut-short',
    {
      recordings: [
        {
          ...recording,
          ...one,
          ended: { afterMs: 1, by: 'connection', reason: 'connection lost' },
        },
      ],
    },
    /^A clip that is cut short: 1 fragment, 0.8 MB to AA:01; the connection was lost/,
  ],
  ['not-paired', {}, /^No clip: no home has paired.*Home/],
  ['camera-off', {}, /^No clip: the camera is switched off in Home\. Choose/],
  ['manually-disabled', {}, /^No clip: the camera is off by its own switch/],
  ['recording-off', {}, /^No clip: recording is switched off in Home\. Choose Stream & Allow/],
  ['nothing-selected', {}, /^No clip: no hub has chosen what to record.*home hub/],
  ['nobody-told', { told: [] }, /^No clip: no controller listened.*home hub/],
  ['never-opened', {}, /^No clip: 2 controllers were told, and none asked/],
  ['never-opened', { told: ['AA:01'] }, /^No clip: 1 controller was told/],
  [
    'refused',
    { recordings: [{ controllerId: 'AA:01', openAfterMs: 1, refused: 'busy' }] },
    /^No clip: a hub asked for a recording and was refused: busy\./,
  ],
  ['source-failed', {}, /^No clip: the source gave nothing/],
  ['source-failed', { recordings: [recording] }, /^No clip to the end: the source/],
  ['stalled', { recordings: [recording] }, /^A clip that is cut short: the hub took nothing/],
  ['stalled', {}, /^No clip: the hub took nothing for ten seconds/],
  ['interrupted', {}, /^The camera was stopped/],
]
test.each(rows)('says first why: %s', (outcome, more, text) => {
  const [verdict, ...rest] = explain(recordOf(outcome, more))
  expect(verdict).toMatch(text)
  expect(rest.length).toBeGreaterThan(0)
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
          video: { ...video, maxKeyFrameIntervalMs: 8000 },
        },
      ],
    }),
  )
  expect(lines.filter(line => line.startsWith('warning'))).toEqual([
    expect.stringContaining('B frames'),
    expect.stringContaining('4.5 s apart'),
    expect.stringContaining('slow to take'),
    expect.stringContaining('firewall'),
  ])
})
