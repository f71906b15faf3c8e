import { type DnsRecord, isSameName } from './message.ts'

/** Whether another host says it has our instance name. @see RFC 6762 §9 */
export function isConflict(theirs: readonly DnsRecord[], ours: readonly DnsRecord[]): boolean {
  const service = ours.find(({ type }) => type === 'SRV')
  return theirs.some(
    record =>
      service?.type === 'SRV' &&
      record.type === 'SRV' &&
      record.ttl > 0 &&
      isSameName(record.name, service.name) &&
      (record.data.port !== service.data.port ||
        !isSameName(record.data.target, service.data.target)),
  )
}

/**
 * Two hosts probe for one name at the same time: the one with the greater data gets it.
 *
 * @param theirs The authority section of a probe, which may be our own.
 * @returns Whether it is theirs.
 * @see RFC 6762 §8.2
 */
export function isLost(theirs: readonly DnsRecord[], ours: readonly DnsRecord[]): boolean {
  const name = ours.find(({ type }) => type === 'SRV')?.name ?? ''
  const [mine, rival] = [ours, theirs].map(records =>
    records.filter(record => isSameName(record.name, name)).flatMap(rawData),
  )
  if (mine === undefined || rival === undefined || rival.length === 0) return false
  return Buffer.compare(Buffer.concat(rival.sort(byType)), Buffer.concat(mine.sort(byType))) > 0
}

/** The type, then the data as it is on the wire without compression. */
function rawData(record: DnsRecord): Buffer[] {
  if (record.type === 'TXT') {
    const texts = record.data.flatMap(text => [Buffer.of(text.length), text])
    return [Buffer.concat([Buffer.of(0, 16), ...texts])]
  }
  if (record.type !== 'SRV') return []
  const { priority = 0, weight = 0, port, target } = record.data
  const head = Buffer.alloc(8)
  for (const [i, value] of [33, priority, weight, port].entries()) head.writeUInt16BE(value, i * 2)
  const labels = target.split('.').map(label => Buffer.from(label))
  const name = labels.flatMap(label => [Buffer.of(label.length), label])
  return [Buffer.concat([head, ...name, Buffer.of(0)])]
}

function byType(a: Buffer, b: Buffer): number {
  return a.readUInt16BE() - b.readUInt16BE()
}
