import { characteristicName, characteristics, services } from '@hksv/hap'

import {
  optionalCharacteristic,
  type RemoteCharacteristic,
  type RemoteService,
} from '../../database.ts'
import { type DatabaseEvidence, database } from '../evidence/database.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, type Fault, firstFault, unless } from '../rule.ts'
import { fitsFormat, isSameKind, permissions } from './value-shapes.ts'

type Words = Omit<ConformRule, 'group' | 'needs' | 'judge'>

/** A rule on what `GET /accessories` answered, as a hub reads it. */
function databaseRule(
  words: Words,
  judge: (evidence: DatabaseEvidence) => Fault | undefined,
): ConformRule {
  const judged = async (lab: Lab) => judge(await lab.get(database))
  return { group: 'characteristics', needs: ['paired'], ...words, judge: judged }
}

function namesOf(service: RemoteService | undefined): readonly (string | undefined)[] {
  return service?.characteristics.map(({ name }) => name) ?? []
}

function everyCharacteristic(
  { read }: DatabaseEvidence,
  judge: (characteristic: RemoteCharacteristic) => string | undefined,
): Fault | undefined {
  return firstFault(
    read.services.flatMap(each => each.characteristics),
    each => {
      const text = judge(each)
      return text === undefined
        ? undefined
        : { text: `${each.name ?? each.type} (${each.iid}): ${text}` }
    },
  )
}

/** What an accessory says of itself has to be readable before anything else can work. */
export const databaseRules: readonly ConformRule[] = [
  {
    name: 'accessories-answered',
    group: 'characteristics',
    severity: 'must',
    checks: 'GET /accessories is answered with 200 and the JSON of an attribute database',
    matters: 'nothing of the camera shows up in Home',
    source: 'HAP-R2 §6.6',
    needs: ['paired'],
    async judge(lab) {
      const { raw, answer } = await lab.get(database)
      return unless(raw !== undefined, 'the body has not the form of an attribute database', {
        bytes: answer.body,
      })
    },
  },
  databaseRule(
    {
      name: 'information-service-is-1',
      severity: 'must',
      checks: 'AccessoryInformation is there, with the instance id 1',
      matters: 'the camera cannot be added, or has no name',
      source: 'HAP-R2 §2.6.1',
    },
    ({ read }) => {
      const [information] = read.all('accessoryInformation')
      if (information === undefined) return { text: 'there is no AccessoryInformation' }
      return unless(information.iid === 1, `its instance id is ${information.iid}`)
    },
  ),
  databaseRule(
    {
      name: 'information-complete',
      severity: 'must',
      checks: 'AccessoryInformation has all its required characteristics',
      matters: 'the camera cannot be added',
      source: 'HAP-R2 §8.1',
    },
    ({ read }) => {
      const names = namesOf(read.all('accessoryInformation')[0])
      const wanted = [
        'identify',
        'manufacturer',
        'model',
        'name',
        'serialNumber',
        'firmwareRevision',
      ]
      const missing = wanted.filter(name => !names.includes(name))
      return unless(missing.length === 0, `missing: ${missing.join(', ')}`)
    },
  ),
  databaseRule(
    {
      name: 'information-filled',
      severity: 'should',
      checks:
        'manufacturer, model, name and serial number are texts of 1 to 64 bytes, the serial number of at least 2',
      matters: 'the accessory details are empty, and some versions of Home refuse the camera',
      source: "HAP-R2 §9; observed: Apple's accessory kit refuses others",
    },
    ({ read }) => {
      const [information] = read.all('accessoryInformation')
      return firstFault(['manufacturer', 'model', 'name', 'serialNumber'] as const, name => {
        const value = information && optionalCharacteristic(information, name)?.value
        if (value === undefined) return undefined
        const length = typeof value === 'string' ? Buffer.byteLength(value) : 0
        const least = name === 'serialNumber' ? 2 : 1
        return unless(length >= least && length <= 64, `${name} is ${JSON.stringify(value)}`)
      })
    },
  ),
  databaseRule(
    {
      name: 'firmware-revision-form',
      severity: 'should',
      checks: 'FirmwareRevision is x, x.y or x.y.z, of numbers',
      matters: 'hubs pass over features of the camera, recordings among them',
      source: 'HAP-R2 §9.40; observed: home hubs',
    },
    ({ read }) => {
      const [information] = read.all('accessoryInformation')
      const value = information && optionalCharacteristic(information, 'firmwareRevision')?.value
      if (value === undefined) return undefined
      return unless(
        /^\d+(\.\d+){0,2}$/.test(String(value)),
        `FirmwareRevision is ${JSON.stringify(value)}`,
      )
    },
  ),
  databaseRule(
    {
      name: 'protocol-version',
      severity: 'should',
      checks: 'ProtocolInformation is there once, and says 1.1.0',
      matters: 'controllers may treat the camera as one of another protocol',
      source: 'HAP-R2 §8.17',
    },
    ({ read }) => {
      const found = read.all('protocolInformation')
      if (found.length !== 1)
        return { text: `there are ${found.length} ProtocolInformation services` }
      const version = found[0] && optionalCharacteristic(found[0], 'version')?.value
      return unless(
        version === '1.1.0' || version === '1.1',
        `Version is ${JSON.stringify(version)}`,
      )
    },
  ),
  databaseRule(
    {
      name: 'permissions-known',
      severity: 'must',
      checks: 'every characteristic has permissions, and only those of HAP',
      matters: 'controllers do not know what they may do with it',
      source: 'HAP-R2 table 6-4',
    },
    evidence =>
      everyCharacteristic(evidence, ({ perms }) => {
        const odd = perms.filter(each => !permissions.includes(each))
        if (perms.length === 0) return 'it has no permissions'
        return odd.length === 0 ? undefined : `unknown permissions ${odd.join(', ')}`
      }),
  ),
  databaseRule(
    {
      name: 'formats-of-hap',
      severity: 'should',
      checks:
        'characteristics of HAP have the format that HAP gives them; bool and uint8 count as one',
      matters: 'hubs read another value than the camera means',
      source: 'HAP-R2 chapter 9; Secure Video R2 §3; observed: cameras sold with Secure Video',
    },
    evidence =>
      everyCharacteristic(evidence, ({ type, format }) => {
        const name = characteristicName(type)
        const known = name && characteristics[name].format
        if (known === undefined || isSameKind(known, format)) return undefined
        return `its format is ${format}, not ${known}`
      }),
  ),
  databaseRule(
    {
      name: 'timed-writes-writable',
      severity: 'must',
      checks: 'what has the permissions tw or wr has pw as well',
      matters: 'hubs never write it',
      source: 'HAP-R2 table 6-4',
    },
    evidence =>
      everyCharacteristic(evidence, ({ perms }) =>
        perms.includes('pw') || !perms.some(each => each === 'tw' || each === 'wr')
          ? undefined
          : `it has ${perms.join(', ')} and no pw`,
      ),
  ),
  databaseRule(
    {
      name: 'values-fit-format',
      severity: 'must',
      checks: 'values are of the format that the characteristic has; null stands for none',
      matters: 'controllers refuse the whole database',
      source: 'HAP-R2 table 6-5',
    },
    evidence =>
      everyCharacteristic(evidence, ({ format, value, perms }) =>
        !perms.includes('pr') || value === null || fitsFormat(format, value)
          ? undefined
          : `${JSON.stringify(value)} is no ${format}`,
      ),
  ),
  databaseRule(
    {
      name: 'linked-services-exist',
      severity: 'must',
      checks: 'linked services are services of the same accessory, and not the linking one',
      matters: 'the camera cannot be added',
      source: 'HAP-R2 §2.3.4',
    },
    ({ read }) =>
      firstFault(read.services, ({ aid, iid, linked, name, type }) => {
        const own = read.services.filter(each => each.aid === aid).map(each => each.iid)
        const odd = linked.find(each => each === iid || !own.includes(each))
        return unless(odd === undefined, `${name ?? type} (${iid}) links to ${odd}`)
      }),
  ),
  databaseRule(
    {
      name: 'required-characteristics',
      severity: 'must',
      checks: 'services of HAP have the characteristics that they cannot do without',
      matters: 'Home passes over the service',
      source: 'HAP-R2 chapter 8; Secure Video R2 §2',
    },
    ({ read }) =>
      firstFault(read.services, service => {
        if (service.name === undefined) return undefined
        const required = services[service.name].characteristics
        const lenient = new Set<string>([
          'recordingAudioActive',
          'periodicSnapshotsActive',
          'firmwareRevision',
        ])
        const missing = required.filter(
          name => !lenient.has(name) && !namesOf(service).includes(name),
        )
        const types = missing.map(name => `${name} (${characteristics[name].type})`)
        return unless(
          missing.length === 0,
          `${service.name} (${service.iid}) lacks ${types.join(', ')}`,
        )
      }),
  ),
]
