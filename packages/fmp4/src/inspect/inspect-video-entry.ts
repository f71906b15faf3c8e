import type { Box } from '../box/tree.ts'
import { isFmp4Error } from '../errors.ts'
import { childOf } from '../movie/lookup.ts'
import type { InspectionRule } from './finding.ts'
import { inspectAvcConfiguration } from './inspect-avc-configuration.ts'
import { inspectHevcConfiguration } from './inspect-hevc-configuration.ts'
import type { EntryContext, VideoFacts } from './video-facts.ts'

/** What can be looked into. */
const kinds = {
  avc1: { box: 'avcC', inspect: inspectAvcConfiguration, unreadable: 'avcc-unreadable' },
  hvc1: { box: 'hvcC', inspect: inspectHevcConfiguration, unreadable: 'hvcc-unreadable' },
  hev1: { box: 'hvcC', inspect: inspectHevcConfiguration, unreadable: 'hvcc-unreadable' },
} as const satisfies Record<string, { unreadable: InspectionRule } & Record<string, unknown>>

/** Check 3: the configuration of a video track. */
export function inspectVideoEntry(entry: Box, context: EntryContext): VideoFacts {
  const { bytes, findings } = context
  const unknown = { codec: undefined, lengthSize: 4, isInOrder: false }
  const { type } = entry
  if (type !== 'avc1' && type !== 'hvc1' && type !== 'hev1') {
    findings.add('video-codec', entry, `${type} is not looked into`)
    return unknown
  }
  if (type === 'hev1')
    findings.add('sample-entry', entry, 'hev1 instead of hvc1, which alone is taken')
  const kind = kinds[type]
  const configuration = childOf(entry, kind.box)
  if (configuration === undefined) {
    findings.add('box-missing', entry, `no ${kind.box}`)
    return unknown
  }
  try {
    const end = configuration.offset + configuration.size
    const content = bytes.subarray(configuration.contentOffset, end)
    return kind.inspect(content, configuration, { ...context, entry })
  } catch (error) {
    if (!isFmp4Error(error)) throw error
    findings.add(kind.unreadable, configuration, error.message)
    return unknown
  }
}
