import type { CameraState, EventRecord, EventRecording } from '@hksv/accessory'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What a camera is counted by. */
export interface Metrics {
  /** Counts an event that is over. */
  count(record: EventRecord): void
  /** The text format of Prometheus. */
  render(): Promise<string>
}

/** From a camera beside its hub to one whose hub is far. */
const DELAYS_S = [0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 15]
/** Reasons that are counted by name; a hub may make up others. */
const REASONS: ReadonlySet<string> = new Set([
  'normal',
  'notAllowed',
  'busy',
  'cancelled',
  'unsupported',
  'unexpectedFailure',
  'timeout',
  'badData',
  'protocolError',
  'invalidConfiguration',
  'acknowledged',
  'expired',
  'stalled',
  'HAP connection lost',
  'protocol error',
  'connection lost',
  'camera stopped',
])

/** @param state Asked at each scrape; nothing before the camera runs. */
export function createMetrics(state: () => CameraState | undefined): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name: `hksv_${name}`, help, labelNames, registers })
  const histogram = (name: string, help: string) =>
    new Histogram({ name: `hksv_${name}`, help, buckets: DELAYS_S, registers })
  const counters = {
    events: counter('events_total', 'Events that are over, by what became of them', ['outcome']),
    recordings: counter('recordings_total', 'Recordings that are over, by who ended them and why', [
      'by',
      'reason',
    ]),
    refusals: counter('recordings_refused_total', 'Hubs that were refused, by reason', ['reason']),
    fragments: counter('fragments_sent_total', 'Media fragments sent to hubs'),
    bytes: counter('recording_sent_bytes_total', 'Bytes of media sent to hubs'),
    failures: counter('source_failures_total', 'Times that the source broke off during an event'),
    open: histogram('open_delay_seconds', 'From the event to a hub that opens a recording'),
    first: histogram('first_fragment_delay_seconds', 'From the event to the first fragment sent'),
  }
  addGauges(registers, state)
  return {
    count(record) {
      counters.events.inc({ outcome: record.outcome })
      counters.failures.inc(record.sourceFailures.length)
      for (const recording of record.recordings) countRecording(recording)
    },
    render: () => registry.metrics(),
  }

  function countRecording(recording: EventRecording): void {
    const { refused, ended, openAfterMs, firstFragmentAfterMs } = recording
    if (refused !== undefined) {
      counters.refusals.inc({ reason: known(refused) })
      return
    }
    counters.recordings.inc({
      by: ended?.by ?? 'camera',
      reason: known(ended?.reason ?? 'camera stopped'),
    })
    counters.fragments.inc(recording.fragments ?? 0)
    counters.bytes.inc(recording.bytes ?? 0)
    counters.open.observe(openAfterMs / 1000)
    if (firstFragmentAfterMs !== undefined) counters.first.observe(firstFragmentAfterMs / 1000)
  }
}

function addGauges(registers: Registry[], state: () => CameraState | undefined): void {
  const gauge = (name: string, help: string, value: (of: CameraState) => number) =>
    new Gauge({
      name: `hksv_${name}`,
      help,
      registers,
      collect() {
        const now = state()
        if (now !== undefined) this.set(value(now))
      },
    })
  gauge('paired', 'Whether a home has paired', ({ isPaired }) => Number(isPaired))
  gauge('armed', 'Whether motion would be recorded', ({ isArmed }) => Number(isArmed))
  gauge('recording', 'Whether a hub records', ({ isRecording }) => Number(isRecording))
  gauge('motion', 'Whether something moves', ({ isMotionDetected }) => Number(isMotionDetected))
  gauge('sessions', 'Verified connections of controllers', ({ sessions }) => sessions)
  gauge('prebuffer_bytes', 'Media in the prebuffer', ({ prebufferBytes }) => prebufferBytes)
  new Gauge({
    name: 'hksv_process_resident_memory_bytes',
    help: 'Memory of the process',
    registers,
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
  new Counter({
    name: 'hksv_process_cpu_seconds_total',
    help: 'Processor time of the process',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
}

function known(reason: string): string {
  return REASONS.has(reason) ? reason : 'other'
}
