import type { MetricsSource } from './metrics.ts'

/** A camera that nobody monitors need not keep in memory what renders its metrics. */
export function metricsWhenAsked(
  sources: MetricsSource | ReadonlyMap<string, MetricsSource>,
): () => Promise<string> {
  let render: Promise<() => Promise<string>> | undefined
  return async () => {
    render ??= import('./metrics.ts').then(({ createMetrics }) => createMetrics(sources))
    return (await render)()
  }
}
