import type { CameraState, DelayTotals, EventTotals } from '@hksv/accessory'
import type { SourceHealth } from '@hksv/media'
import { Counter, Gauge, type Histogram, Registry } from 'prom-client'

/** What is counted and measured; asked at each scrape, nothing before the camera runs. */
export interface MetricsSource {
  totals(): EventTotals | undefined
  state(): CameraState | undefined
}

/** One camera without a name, or several with names, which are the label `camera`. */
type Sources = MetricsSource | ReadonlyMap<string, MetricsSource>

/** A camera with the labels that all of its values have. */
interface Labelled {
  readonly own: Readonly<Record<string, string>>
  readonly source: MetricsSource
}

/** @returns What renders the text format of Prometheus, as things are then. */
export function createMetrics(sources: Sources): () => Promise<string> {
  const registry = new Registry()
  const isOne = 'totals' in sources
  const cameras: Labelled[] = isOne
    ? [{ own: {}, source: sources }]
    : [...sources].map(([camera, source]) => ({ own: { camera }, source }))
  const labels = isOne ? [] : ['camera']
  addCounters(registry, cameras, labels)
  addDelays(registry, cameras)
  addGauges(registry, cameras, labels)
  addSource(registry, cameras, labels)
  addRunning(registry, cameras, labels)
  addProcess(registry)
  return () => registry.metrics()
}

/** One value of a counter, with its labels. */
type Count = readonly [Readonly<Record<string, string>>, number]

function addCounters(registry: Registry, cameras: readonly Labelled[], own: string[]): void {
  const counter = (
    name: string,
    help: string,
    of: { labels?: string[]; counts: (totals: EventTotals) => Count[] },
  ) =>
    new Counter({
      name: `hksv_${name}_total`,
      help,
      labelNames: [...own, ...(of.labels ?? [])],
      registers: [registry],
      collect() {
        if (cameras.some(({ source }) => source.totals() !== undefined)) this.reset()
        for (const { own, source } of cameras) {
          const totals = source.totals()
          if (totals === undefined) continue
          for (const [labels, value] of of.counts(totals)) this.inc({ ...own, ...labels }, value)
        }
      },
    })
  counter('events', 'Events that are over, by what became of them', {
    labels: ['outcome'],
    counts: ({ events }) => Object.entries(events).map(([outcome, count]) => [{ outcome }, count]),
  })
  counter('recordings', 'Recordings that are over, by who ended them and why', {
    labels: ['by', 'reason'],
    counts: ({ recordings }) => recordings.map(({ by, reason, count }) => [{ by, reason }, count]),
  })
  counter('recordings_refused', 'Recordings that hubs were refused, by reason', {
    labels: ['reason'],
    counts: ({ refusals }) => refusals.map(({ reason, count }) => [{ reason }, count]),
  })
  counter('fragments_sent', 'Media fragments sent to hubs', {
    counts: ({ fragments }) => [[{}, fragments]],
  })
  counter('recording_sent_bytes', 'Bytes of media sent to hubs', {
    counts: ({ bytes }) => [[{}, bytes]],
  })
  counter('source_failures', 'Times that the source broke off', {
    counts: ({ sourceFailures }) => [[{}, sourceFailures]],
  })
  counter('live_views', 'Live views that are over, by why they ended', {
    labels: ['reason'],
    counts: ({ live }) => live.views.map(({ reason, count }) => [{ reason }, count]),
  })
  counter('live_packets_sent', 'Packets sent to viewers', {
    counts: ({ live }) => [[{}, live.packets]],
  })
  counter('live_sent_bytes', 'Bytes of media sent to viewers', {
    counts: ({ live }) => [[{}, live.bytes]],
  })
  counter('live_packets_lost', 'Packets of pictures that viewers never got', {
    counts: ({ live }) => [[{}, live.lostPackets]],
  })
  counter('live_thinnings', 'Times that only key frames were sent, because packets were lost', {
    counts: ({ live }) => [[{}, live.thinnings]],
  })
}

function addDelays(registry: Registry, cameras: readonly Labelled[]): void {
  const histogram = (name: string, help: string, of: (totals: EventTotals) => DelayTotals) => {
    const metric = {
      name: `hksv_${name}_seconds`,
      help,
      type: 'histogram',
      get: async () => {
        const values = cameras.flatMap(({ own, source }) => {
          const totals = source.totals()
          return totals === undefined ? [] : delayValues(metric.name, own, of(totals))
        })
        return { name: metric.name, help, type: metric.type, values, aggregator: 'sum' }
      },
    }
    // The library's own counts what it observes, and cannot be told what was counted; to be rendered,
    // nothing but these four is asked of a metric.
    registry.registerMetric(metric as unknown as Histogram)
  }
  histogram(
    'open_delay',
    'From motion or a press to the first hub that opens a recording of it',
    ({ openDelay }) => openDelay,
  )
  histogram(
    'first_fragment_delay',
    'From the opening of a recording to its first fragment',
    ({ firstFragmentDelay }) => firstFragmentDelay,
  )
}

function delayValues(name: string, own: Labelled['own'], delays: DelayTotals) {
  const { buckets, count, sumMs } = delays
  const bounds: [number | string, number][] = [
    ...buckets.map(bucket => [bucket.atMostMs / 1000, bucket.count] satisfies [number, number]),
    ['+Inf', count],
  ]
  return [
    ...bounds.map(([le, value]) => ({
      metricName: `${name}_bucket`,
      labels: { ...own, le },
      value,
    })),
    { metricName: `${name}_sum`, labels: own, value: sumMs / 1000 },
    { metricName: `${name}_count`, labels: own, value: count },
  ]
}

function addGauges(registry: Registry, cameras: readonly Labelled[], labelNames: string[]): void {
  const gauge = (name: string, help: string, value: (of: CameraState) => number) =>
    new Gauge({
      name: `hksv_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        for (const { own, source } of cameras) {
          const now = source.state()
          if (now !== undefined) this.set(own, value(now))
        }
      },
    })
  gauge('paired', 'Whether a home has paired', ({ isPaired }) => Number(isPaired))
  gauge('armed', 'Whether motion would be recorded', ({ isArmed }) => Number(isArmed))
  gauge('viewers', 'Live views that run', ({ viewers }) => viewers.length)
  gauge('recording', 'Whether a hub records', ({ isRecording }) => Number(isRecording))
  gauge('motion', 'Whether something moves', ({ isMotionDetected }) => Number(isMotionDetected))
  gauge('sessions', 'Verified connections of controllers', ({ sessions }) => sessions)
  gauge('prebuffer_bytes', 'Media in the prebuffer', ({ prebufferBytes }) => prebufferBytes)
}

/** Of a source that is reached over the network. */
function addSource(registry: Registry, cameras: readonly Labelled[], labelNames: string[]): void {
  const healths = () =>
    cameras.flatMap(({ own, source }) => {
      const health = source.state()?.source
      return health === undefined ? [] : [{ own, health }]
    })
  const counter = (name: string, help: string, value: (of: SourceHealth) => number) =>
    new Counter({
      name: `hksv_source_${name}_total`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        const now = healths()
        if (now.length > 0) this.reset()
        for (const { own, health } of now) this.inc(own, value(health))
      },
    })
  counter('reconnects', 'Connections to the source after one that broke off', of => of.reconnects)
  counter('packets', 'Packets from the source', of => of.packets)
  counter('packets_lost', 'Packets from the source that never came', of => of.packetsLost)
  counter('pictures_dropped', 'Pictures left out as damaged or late', of => of.picturesDropped)
  new Gauge({
    name: 'hksv_source_well',
    help: 'Whether the source has not failed since its last picture',
    labelNames,
    registers: [registry],
    collect() {
      for (const { own, health } of healths()) this.set(own, Number(health.isWell))
    },
  })
}

/** Of several cameras one may have failed, and then nothing else is said of it. */
function addRunning(registry: Registry, cameras: readonly Labelled[], labelNames: string[]): void {
  new Gauge({
    name: 'hksv_up',
    help: 'Whether the camera runs',
    labelNames,
    registers: [registry],
    collect() {
      for (const { own, source } of cameras) {
        this.set(own, Number(source.state() !== undefined))
      }
    },
  })
}

function addProcess(registry: Registry): void {
  const registers = [registry]
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
