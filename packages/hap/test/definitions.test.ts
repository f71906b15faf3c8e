import {
  accessoryCategory,
  type CharacteristicDefinition,
  type CharacteristicFormats,
  characteristicDefinition,
  characteristicName,
  characteristics,
  type FormatValue,
  hapStatus,
  hapStatusText,
  longUuid,
  serviceName,
  services,
  shortUuid,
} from '@hksv/hap'
import { describe, expect, expectTypeOf, it } from 'vitest'

const rows = Object.entries(characteristics)
const named = Object.entries(services)
const NUMBERS = ['uint8', 'uint16', 'uint32', 'uint64', 'int', 'float']

describe('the table of characteristics', () => {
  it('has each type once, short and in upper case', () => {
    const types = rows.map(([, { type }]) => type)
    expect(new Set(types).size).toBe(types.length)
    for (const type of types) expect(shortUuid(type)).toBe(type)
  })

  it.each(rows)('%s has permissions that agree', (_name, { perms }) => {
    expect(new Set(perms).size).toBe(perms.length)
    expect(perms.includes('pr') || perms.includes('pw')).toBe(true)
    if (perms.includes('tw') || perms.includes('wr')) expect(perms).toContain('pw')
    if (perms.includes('ev')) expect(perms).toContain('pr')
  })

  it.each(rows)('%s has permissions in the order of the wire', (_name, { perms }) => {
    const order = ['pr', 'pw', 'ev', 'aa', 'tw', 'wr', 'hd']
    expect(perms).toEqual(order.filter(perm => perms.some(own => own === perm)))
  })

  it.each(rows)('%s has limits that fit its format', (_name, row) => {
    const { format, minValue, maxValue, minStep, validValues, maxLength, unit } = row
    const limits = [minValue, maxValue, minStep, validValues, unit]
    if (!NUMBERS.includes(format)) expect(limits.every(limit => limit === undefined)).toBe(true)
    if (maxLength !== undefined) expect(format).toBe('string')
    if (minValue !== undefined && maxValue !== undefined) {
      expect(minValue).toBeLessThanOrEqual(maxValue)
      for (const value of validValues ?? []) {
        expect(value).toBeGreaterThanOrEqual(minValue)
        expect(value).toBeLessThanOrEqual(maxValue)
      }
    }
    if (validValues) expect(validValues).toEqual([...validValues].sort((a, b) => a - b))
  })

  it.each(rows)('%s has a range that its steps fill', (_name, row) => {
    const { format, minValue = 0, maxValue, minStep = 1 } = row
    expect(minStep).toBeGreaterThan(0)
    if (maxValue !== undefined) {
      const steps = (maxValue - minValue) / minStep
      if (row.minStep !== undefined) expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-9)
    }
    const widest = { uint8: 255, uint16: 65_535, uint32: 2 ** 32 - 1, int: 2 ** 31 - 1 }
    if (format in widest) {
      expect(Number.isInteger(minValue) && Number.isInteger(minStep)).toBe(true)
      expect(maxValue ?? 0).toBeLessThanOrEqual(widest[format as keyof typeof widest])
      if (format.startsWith('uint')) expect(minValue).toBeGreaterThanOrEqual(0)
    }
    if (row.unit === 'percentage') expect([minValue, maxValue]).toEqual([0, 100])
  })

  it('reports presses, contacts and motion at once', () => {
    const immediate = rows.filter(([, { isImmediate }]) => isImmediate).map(([name]) => name)
    expect(immediate.sort()).toEqual([
      'buttonEvent',
      'contactSensorState',
      'motionDetected',
      'programmableSwitchEvent',
    ])
  })

  it('has the formats and permissions that Secure Video devices ship', () => {
    const text = (name: keyof typeof characteristics) => {
      const { type, format, perms } = characteristics[name]
      return `${type} ${format} ${perms.join(' ')}`
    }
    expect(text('active')).toBe('B0 uint8 pr pw ev')
    expect(text('eventSnapshotsActive')).toBe('223 uint8 pr pw ev')
    expect(text('homeKitCameraActive')).toBe('21B uint8 pr pw ev')
    expect(text('periodicSnapshotsActive')).toBe('225 uint8 pr pw ev')
    expect(text('cameraOperatingModeIndicator')).toBe('21D bool pr pw ev tw')
    expect(text('recordingAudioActive')).toBe('226 uint8 pr pw ev tw')
    expect(text('manuallyDisabled')).toBe('227 bool pr ev')
    expect(text('supportedCameraRecordingConfiguration')).toBe('205 tlv8 pr ev')
    expect(text('selectedCameraRecordingConfiguration')).toBe('209 tlv8 pr pw ev')
    expect(text('setupDataStreamTransport')).toBe('131 tlv8 pr pw wr')
    expect(text('setupEndpoints')).toBe('118 tlv8 pr pw')
    expect(text('statusActive')).toBe('75 bool pr ev')
  })

  it('has what a light, a thermometer and a lock need, as the specification has it', () => {
    expect(characteristics.on).toEqual({ type: '25', format: 'bool', perms: ['pr', 'pw', 'ev'] })
    expect(characteristics.brightness).toMatchObject({
      type: '8',
      format: 'int',
      unit: 'percentage',
      minValue: 0,
      maxValue: 100,
      minStep: 1,
    })
    expect(characteristics.currentTemperature).toMatchObject({
      type: '11',
      format: 'float',
      unit: 'celsius',
      maxValue: 100,
      minStep: 0.1,
      perms: ['pr', 'ev'],
    })
    expect(characteristics.lockTargetState).toMatchObject({
      type: '1E',
      format: 'uint8',
      maxValue: 1,
      perms: ['pr', 'pw', 'ev'],
    })
  })
})

describe('the types of the table', () => {
  it('know the format of each row', () => {
    expectTypeOf(characteristics.active.format).toEqualTypeOf<'uint8'>()
    expectTypeOf(characteristics.nightVision.format).toEqualTypeOf<'bool'>()
    expectTypeOf(characteristics.setupEndpoints).toExtend<CharacteristicDefinition>()
  })

  it('know the JSON value of each row', () => {
    expectTypeOf<FormatValue<CharacteristicFormats['nightVision']>>().toEqualTypeOf<boolean>()
    expectTypeOf<FormatValue<CharacteristicFormats['active']>>().toEqualTypeOf<number>()
    expectTypeOf<FormatValue<'int' | 'float' | 'uint64'>>().toEqualTypeOf<number>()
    expectTypeOf<FormatValue<'string' | 'tlv8' | 'data'>>().toEqualTypeOf<string>()
  })
})

describe('the table of services', () => {
  it('has each type once, short and in upper case', () => {
    const types = named.map(([, { type }]) => type)
    expect(new Set(types).size).toBe(types.length)
    for (const type of types) expect(shortUuid(type)).toBe(type)
  })

  it.each(named)('%s names characteristics of the table, each once', (_name, service) => {
    const all = [...service.characteristics, ...(service.optional ?? [])]
    expect(new Set(all).size).toBe(all.length)
    for (const name of all) expect(characteristics[name]).toBeDefined()
  })

  it.each(named)(
    '%s keeps for administrators what it has and what can be written',
    (_name, row) => {
      const all = [...row.characteristics, ...(row.optional ?? [])]
      for (const name of row.adminWrites ?? []) {
        expect(all).toContain(name)
        expect(characteristics[name].perms).toContain('pw')
      }
      for (const name of row.adminReads ?? []) {
        expect(all).toContain(name)
        expect(characteristics[name].perms).toContain('pr')
      }
    },
  )

  it.each(named)('%s has limits of its own only for what it has', (name, row) => {
    const all = [...row.characteristics, ...(row.optional ?? [])]
    for (const limited of Object.keys(row.limits ?? {}) as (typeof all)[number][]) {
      expect(all).toContain(limited)
      const {
        minValue = 0,
        maxValue = 0,
        ...rest
      } = characteristicDefinition(name as 'fan', limited)
      expect(minValue).toBeLessThanOrEqual(maxValue)
      for (const value of rest.validValues ?? []) expect(value).toBeLessThanOrEqual(maxValue)
    }
  })

  it('lets a doorbell be pressed once and a switch twice and long', () => {
    const presses = (service: 'doorbell' | 'statelessProgrammableSwitch') => {
      const row = characteristicDefinition(service, 'programmableSwitchEvent')
      expectTypeOf(row.format).toEqualTypeOf<'uint8'>()
      return { type: row.type, maxValue: row.maxValue, validValues: row.validValues }
    }
    expect(presses('doorbell')).toEqual({ type: '73', maxValue: 0, validValues: [0] })
    expect(presses('statelessProgrammableSwitch')).toEqual({
      type: '73',
      maxValue: 2,
      validValues: [0, 1, 2],
    })
    expect(characteristicDefinition('lightbulb', 'on')).toEqual(characteristics.on)
  })

  it("keeps the camera's modes for administrators", () => {
    const admin = named.flatMap(([, { type, adminWrites = [] }]) =>
      adminWrites.map(name => `${type}.${characteristics[name].type}`),
    )
    const camera = ['110.B0', '21A.223', '21A.21B', '21A.225', '204.B0', '204.209']
    expect(admin).toEqual([...camera, '122.124'])
  })

  it('keeps the list of remotes and their presses for administrators', () => {
    const admin = named.flatMap(([, { type, adminReads = [] }]) =>
      adminReads.map(name => `${type}.${characteristics[name].type}`),
    )
    expect(admin).toEqual(['125.126', '122.124'])
  })

  it('uses every characteristic but one that the specification lists for no service', () => {
    const used = new Set(
      named.flatMap(([, row]) => [...row.characteristics, ...(row.optional ?? [])]),
    )
    expect(rows.map(([name]) => name).filter(name => !used.has(name as 'active'))).toEqual([
      'statusJammed',
    ])
  })
})

describe('names by UUID', () => {
  it.each(rows)('%s', (name, { type }) => {
    for (const form of [type, longUuid(type), longUuid(type).toLowerCase()]) {
      expect(characteristicName(form)).toBe(name)
    }
  })

  it.each(named)('%s', (name, { type }) => {
    expect(serviceName(longUuid(type).toLowerCase())).toBe(name)
  })

  it('are undefined for what the table does not have', () => {
    expect(serviceName('FFFF')).toBeUndefined()
    expect(characteristicName('34AB8811-AC7F-4340-BAC3-FD6A85F9943B')).toBeUndefined()
  })
})

describe('accessory categories', () => {
  it('are one number each, from 1, that a setup URI and a TXT record can hold', () => {
    const numbers = Object.values(accessoryCategory)
    expect(new Set(numbers).size).toBe(numbers.length)
    for (const number of numbers) expect(number > 0 && number < 256).toBe(true)
    expect(accessoryCategory.ipCamera).toBe(17)
    expect(accessoryCategory.videoDoorbell).toBe(18)
    expect(accessoryCategory.lightbulb).toBe(5)
  })
})

describe('status codes', () => {
  it('have names for people', () => {
    expect(hapStatusText(hapStatus.notAllowedInCurrentState)).toBe('not allowed in current state')
    expect(hapStatusText(hapStatus.success)).toBe('success')
    expect(hapStatusText(-1)).toBe('status -1')
  })

  it('are 0 and -70401 to -70412', () => {
    const codes = Object.values(hapStatus).filter(code => code !== 0)
    expect(codes).toEqual(Array.from({ length: 12 }, (_, i) => -70_401 - i))
  })
})
