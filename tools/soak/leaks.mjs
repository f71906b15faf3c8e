const MB = 1e6
const MS_AN_HOUR = 3_600_000
/** What may be kept of a whole run, however long it was; code that is compiled late, and the like. */
const MAX_GROWTH = { heapUsed: 1 * MB, rss: 24 * MB }
/** So many standard errors below the slope: what grows is no noise. */
const CERTAINTY = 3
const WARM_SHARE = 1 / 4
const MIN_SAMPLES = 20

/**
 * How memory grows, after a warm-up.
 *
 * @param {readonly { at: number, heapUsed: number, rss: number }[]} samples `at` in milliseconds.
 * @returns For `heapUsed` and `rss` the slope in MB an hour, and whether it is a leak.
 */
export function growthOf(samples) {
  const from = (samples[0]?.at ?? 0) + WARM_SHARE * spanOf(samples)
  const warm = samples.filter(({ at }) => at >= from)
  const judged = key => {
    const { slope, error } = leastSquares(warm.map(sample => [sample.at, sample[key]]))
    const certain = (slope - CERTAINTY * error) * spanOf(warm)
    return {
      megabytesAnHour: (slope * MS_AN_HOUR) / MB,
      error: (error * MS_AN_HOUR) / MB,
      isLeak: warm.length >= MIN_SAMPLES && certain > MAX_GROWTH[key],
    }
  }
  return { heapUsed: judged('heapUsed'), rss: judged('rss') }
}

/** The kinds of which there are more than before, as text. */
export function moreThan(before, after) {
  return Object.entries(after)
    .filter(([kind, count]) => count > (before[kind] ?? 0))
    .map(([kind, count]) => `${kind}: ${before[kind] ?? 0}, then ${count}`)
}

/** A line through points, and the standard error of its slope. */
export function leastSquares(points) {
  const count = points.length
  const mean = at => points.reduce((sum, point) => sum + point[at], 0) / count
  const [x, y] = [mean(0), mean(1)]
  const xx = points.reduce((sum, [px]) => sum + (px - x) ** 2, 0)
  const xy = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0)
  const slope = xy / xx
  const rest = points.reduce((sum, [px, py]) => sum + (py - y - slope * (px - x)) ** 2, 0)
  return { slope, error: Math.sqrt(rest / (count - 2) / xx) }
}

function spanOf(samples) {
  return (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)
}
