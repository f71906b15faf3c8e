import { type CharacteristicDefinition, characteristics } from '@hksv/hap'
import { expect, test } from 'vitest'

import { parseValue } from '../src/database/value.ts'

const custom = (definition: Partial<CharacteristicDefinition>): CharacteristicDefinition => ({
  type: '1',
  format: 'string',
  perms: ['pw'],
  ...definition,
})
const level = custom({ format: 'float', minValue: -1, maxValue: 1, minStep: 0.1 })

test.each<[string, CharacteristicDefinition, good: [unknown, unknown][], bad: unknown[]]>([
  [
    'bool',
    characteristics.nightVision,
    [
      [true, true],
      [false, false],
      [1, true],
      [0, false],
    ],
    [2, -1, 'true', null, [], {}, undefined],
  ],
  [
    'uint8 of 0 and 1',
    characteristics.active,
    [
      [0, 0],
      [1, 1],
      [true, 1],
      [false, 0],
    ],
    [2, -1, 0.5, '1', null, Number.NaN, Number.POSITIVE_INFINITY],
  ],
  ['uint8', custom({ format: 'uint8' }), [[255, 255]], [256, -1, 1.5]],
  ['uint16', custom({ format: 'uint16' }), [[65_535, 65_535]], [65_536]],
  ['uint32', custom({ format: 'uint32' }), [[2 ** 32 - 1, 2 ** 32 - 1]], [2 ** 32]],
  ['uint64', custom({ format: 'uint64' }), [[2 ** 53 - 1, 2 ** 53 - 1]], [2 ** 53, -1]],
  ['int', custom({ format: 'int' }), [[-(2 ** 31), -(2 ** 31)]], [-(2 ** 31) - 1, 2 ** 31]],
  [
    'float in steps',
    level,
    [
      [0.3, 0.3],
      [-1, -1],
    ],
    [0.35, 1.1, true, '0.3'],
  ],
  ['valid values', custom({ format: 'uint8', validValues: [0, 2] }), [[2, 2]], [1]],
  [
    'string',
    custom({ format: 'string' }),
    [
      ['', ''],
      ['x'.repeat(64), 'x'.repeat(64)],
    ],
    ['x'.repeat(65), 'ü'.repeat(33), 1],
  ],
  [
    'long string',
    custom({ maxLength: 100 }),
    [['x'.repeat(100), 'x'.repeat(100)]],
    ['x'.repeat(101)],
  ],
  [
    'tlv8',
    characteristics.setupEndpoints,
    [
      ['', ''],
      ['AQEA', 'AQEA'],
      ['AQ==', 'AQ=='],
    ],
    ['AQ', 'A===', 'AQ=', 'AQ-_', ' AQEA', 1, null],
  ],
])('%s', (_, definition, good, bad) => {
  for (const [json, value] of good)
    expect([json, parseValue(definition, json)]).toEqual([json, value])
  for (const json of bad) expect([json, parseValue(definition, json)]).toEqual([json, undefined])
})
