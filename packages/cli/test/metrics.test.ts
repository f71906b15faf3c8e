import type { CameraState, EventTotals } from '@hksv/accessory'
import { expect, test } from 'vitest'

import { createMetrics } from '../src/metrics.ts'

const delays = (counts: readonly [number, number, number], sumMs: number) => ({
  buckets: [
    { atMostMs: 100, count: counts[0] },
    { atMostMs: 2000, count: counts[1] },
  ],
  count: counts[2],
  sumMs,
})

function totalsOf(more: Partial<EventTotals> = {}): EventTotals {
  return {
    events: {
      recorded: 0,
      'cut-short': 0,
      'not-paired': 0,
      'camera-off': 0,
      'manually-disabled': 0,
      'recording-off': 0,
      'nothing-selected': 0,
      'nobody-told': 0,
      'never-opened': 0,
      refused: 0,
      'source-failed': 0,
      stalled: 0,
      interrupted: 0,
      watched: 0,
      'nothing-shown': 0,
    },
    recordings: [],
    refusals: [],
    fragments: 0,
    bytes: 0,
    sourceFailures: 0,
    live: { views: [], packets: 0, bytes: 0, lostPackets: 0, thinnings: 0 },
    openDelay: delays([0, 0, 0], 0),
    firstFragmentDelay: delays([0, 0, 0], 0),
    ...more,
  }
}

const state: CameraState = {
  name: 'Porch',
  id: '11:22:33:44:55:66',
  isPaired: true,
  isArmed: true,
  isRecording: false,
  isMotionDetected: true,
  isOccupancyDetected: false,
  prebufferBytes: 1_500_000,
  sessions: 3,
  viewers: ['phone'],
  settings: {
    isCameraActive: true,
    isStreamingActive: [true],
    isRecordingActive: true,
    isRecordingAudioActive: true,
    areEventSnapshotsActive: true,
    arePeriodicSnapshotsActive: true,
    isIndicatorActive: true,
    isNightVisionActive: true,
    isMicrophoneMuted: false,
    isSpeakerMuted: false,
    speakerVolume: 100,
    isManuallyDisabled: false,
  },
  source: { isWell: false, reconnects: 2, packets: 900, packetsLost: 7, picturesDropped: 3 },
}

/** The samples, without what is said of them and of the process. */
async function samplesOf(render: () => Promise<string>): Promise<string[]> {
  const lines = (await render()).split('\n')
  return lines.filter(line => line !== '' && !/^#|^hksv_process_/.test(line))
}

test('renders what was counted and what is measured, each time anew', async () => {
  let totals = totalsOf()
  const render = createMetrics({ totals: () => totals, state: () => state })
  const before = await samplesOf(render)
  expect(before).toContain('hksv_events_total{outcome="recorded"} 0')
  expect(before).toContain('hksv_fragments_sent_total 0')
  totals = totalsOf({
    events: { ...totals.events, recorded: 2, 'never-opened': 1 },
    recordings: [
      { by: 'hub', reason: 'normal', count: 2 },
      { by: 'connection', reason: 'HAP connection lost', count: 1 },
    ],
    refusals: [{ reason: 'busy', count: 4 }],
    fragments: 24,
    bytes: 36_000_000,
    sourceFailures: 5,
    live: {
      views: [{ reason: 'controller', count: 3 }],
      ...{ packets: 4000, bytes: 5_000_000, lostPackets: 17, thinnings: 1 },
    },
    openDelay: delays([1, 2, 3], 10_150),
    firstFragmentDelay: delays([3, 3, 3], 12),
  })
  const counted = [
    'hksv_events_total{outcome="recorded"} 2',
    'hksv_events_total{outcome="cut-short"} 0',
    'hksv_events_total{outcome="not-paired"} 0',
    'hksv_events_total{outcome="camera-off"} 0',
    'hksv_events_total{outcome="manually-disabled"} 0',
    'hksv_events_total{outcome="recording-off"} 0',
    'hksv_events_total{outcome="nothing-selected"} 0',
    'hksv_events_total{outcome="nobody-told"} 0',
    'hksv_events_total{outcome="never-opened"} 1',
    'hksv_events_total{outcome="refused"} 0',
    'hksv_events_total{outcome="source-failed"} 0',
    'hksv_events_total{outcome="stalled"} 0',
    'hksv_events_total{outcome="interrupted"} 0',
    'hksv_events_total{outcome="watched"} 0',
    'hksv_events_total{outcome="nothing-shown"} 0',
    'hksv_recordings_total{by="hub",reason="normal"} 2',
    'hksv_recordings_total{by="connection",reason="HAP connection lost"} 1',
    'hksv_recordings_refused_total{reason="busy"} 4',
    'hksv_fragments_sent_total 24',
    'hksv_recording_sent_bytes_total 36000000',
    'hksv_source_failures_total 5',
    'hksv_live_views_total{reason="controller"} 3',
    'hksv_live_packets_sent_total 4000',
    'hksv_live_sent_bytes_total 5000000',
    'hksv_live_packets_lost_total 17',
    'hksv_live_thinnings_total 1',
    'hksv_open_delay_seconds_bucket{le="0.1"} 1',
    'hksv_open_delay_seconds_bucket{le="2"} 2',
    'hksv_open_delay_seconds_bucket{le="+Inf"} 3',
    'hksv_open_delay_seconds_sum 10.15',
    'hksv_open_delay_seconds_count 3',
    'hksv_first_fragment_delay_seconds_bucket{le="0.1"} 3',
    'hksv_first_fragment_delay_seconds_bucket{le="2"} 3',
    'hksv_first_fragment_delay_seconds_bucket{le="+Inf"} 3',
    'hksv_first_fragment_delay_seconds_sum 0.012',
    'hksv_first_fragment_delay_seconds_count 3',
    'hksv_paired 1',
    'hksv_armed 1',
    'hksv_viewers 1',
    'hksv_recording 0',
    'hksv_motion 1',
    'hksv_sessions 3',
    'hksv_prebuffer_bytes 1500000',
    'hksv_source_reconnects_total 2',
    'hksv_source_packets_total 900',
    'hksv_source_packets_lost_total 7',
    'hksv_source_pictures_dropped_total 3',
    'hksv_source_well 0',
    'hksv_up 1',
  ]
  // A scrape adds nothing to what was counted.
  for (let scrape = 0; scrape < 2; scrape++) expect(await samplesOf(render)).toEqual(counted)
})

test('says of each what it is, as Prometheus reads it', async () => {
  const render = createMetrics({ totals: totalsOf, state: () => state })
  const lines = (await render()).split('\n').filter(Boolean)
  const typeOf = new Map<string | undefined, string | undefined>()
  for (const line of lines) {
    const [, kind, name, text] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? []
    if (kind === 'TYPE') typeOf.set(name, text)
    if (kind === undefined) expect(line).toMatch(/^hksv_\w+(\{[^{}]+\})? [\d.e+-]+$/)
  }
  expect([...typeOf.values()].filter(type => type === 'histogram')).toHaveLength(2)
  for (const [name, type] of typeOf) {
    expect(name?.endsWith('_total')).toBe(type === 'counter')
    const samples = lines.filter(line => line.startsWith(`# HELP ${name} `))
    expect(samples).toHaveLength(1)
  }
})

test('has nothing to say of a camera before it runs, but of the process', async () => {
  const render = createMetrics({ totals: () => undefined, state: () => undefined })
  expect((await samplesOf(render)).filter(line => !line.endsWith(' 0'))).toEqual([])
  expect(await render()).toMatch(/^hksv_process_resident_memory_bytes [1-9]\d+$/m)
  expect(await render()).toMatch(/^hksv_process_cpu_seconds_total [\d.]+$/m)
})

test('has the camera as a label when there are several, and says which does not run', async () => {
  const render = createMetrics(
    new Map([
      ['porch', { totals: () => totalsOf({ fragments: 3 }), state: () => state }],
      ['garden', { totals: () => totalsOf({ fragments: 8 }), state: () => state }],
      ['yard', { totals: () => undefined, state: () => undefined }],
    ]),
  )
  for (let scrape = 0; scrape < 2; scrape++) {
    const samples = await samplesOf(render)
    expect(samples).toEqual(
      expect.arrayContaining([
        'hksv_fragments_sent_total{camera="porch"} 3',
        'hksv_fragments_sent_total{camera="garden"} 8',
        'hksv_events_total{camera="garden",outcome="recorded"} 0',
        'hksv_open_delay_seconds_bucket{camera="porch",le="+Inf"} 0',
        'hksv_source_packets_total{camera="garden"} 900',
        'hksv_paired{camera="porch"} 1',
        'hksv_up{camera="porch"} 1',
        'hksv_up{camera="yard"} 0',
      ]),
    )
    expect(samples.filter(line => !line.includes('camera="'))).toEqual([])
    expect(samples.filter(line => line.includes('yard'))).toEqual(['hksv_up{camera="yard"} 0'])
  }
})
