import { longUuid, shortUuid } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

const FOREIGN = '34AB8811-AC7F-4340-BAC3-FD6A85F9943B'

describe('UUIDs', () => {
  it.each([
    ['3E', '0000003E-0000-1000-8000-0026BB765291'],
    ['B0', '000000B0-0000-1000-8000-0026BB765291'],
    ['21A', '0000021A-0000-1000-8000-0026BB765291'],
    ['12345678', '12345678-0000-1000-8000-0026BB765291'],
    ['0', '00000000-0000-1000-8000-0026BB765291'],
    [FOREIGN, FOREIGN],
    ['0000003E-0000-1000-8000-0026BB765292', '0000003E-0000-1000-8000-0026BB765292'],
  ])('%s is the short form of %s', (short, long) => {
    for (const form of [short, long, short.toLowerCase(), long.toLowerCase()]) {
      expect(shortUuid(form)).toBe(short)
      expect(longUuid(form)).toBe(long)
    }
  })

  it('are the same with leading zeros', () => {
    expect(longUuid('0000003e')).toBe(longUuid('3E'))
    expect(shortUuid('03e')).toBe('3E')
  })
})
