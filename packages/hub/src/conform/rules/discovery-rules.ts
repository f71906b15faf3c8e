import { optionalCharacteristic } from '../../database.ts'
import { type Announcement, firstAnnouncement } from '../evidence/announcement.ts'
import { database } from '../evidence/database.ts'
import { pairing } from '../evidence/pairing.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, type Fault, unless } from '../rule.ts'

const DEVICE_ID = /^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$/

/** A rule on one key of the TXT record. */
function txtRule(
  rule: Omit<ConformRule, 'group' | 'needs' | 'judge'>,
  judge: (texts: Announcement['texts'], lab: Lab) => Fault | undefined | Promise<Fault | undefined>,
): ConformRule {
  return {
    group: 'discovery',
    needs: ['announcement'],
    ...rule,
    judge: async lab => judge((await lab.get(firstAnnouncement)).texts, lab),
  }
}

function said(key: string, value: string | undefined): string {
  return value === undefined ? `there is no ${key}` : `${key} is "${value}"`
}

/** How a camera announces itself. */
export const discoveryRules: readonly ConformRule[] = [
  txtRule(
    {
      name: 'txt-device-id',
      severity: 'must',
      checks: 'id is six bytes in hex with colons',
      matters: 'nobody finds the camera',
      source: 'HAP-R2 table 6-7',
    },
    texts => unless(DEVICE_ID.test(texts.get('id') ?? ''), said('id', texts.get('id'))),
  ),
  txtRule(
    {
      name: 'txt-device-id-upper-case',
      severity: 'should',
      checks: 'id is written in upper case',
      matters: 'some controllers take it for another accessory after pairing',
      source: 'HAP-R2 §5.4',
    },
    texts => {
      const id = texts.get('id') ?? ''
      return unless(id === id.toUpperCase(), said('id', id))
    },
  ),
  txtRule(
    {
      name: 'txt-configuration-number',
      severity: 'must',
      checks: 'c# is a number from 1 to 4294967295',
      matters: 'controllers do not notice that the camera changed',
      source: 'HAP-R2 table 6-7',
    },
    texts => {
      const number = texts.get('c#') ?? ''
      const isWell =
        /^\d{1,10}$/.test(number) && Number(number) >= 1 && Number(number) <= 0xffff_ffff
      return unless(isWell, said('c#', texts.get('c#')))
    },
  ),
  txtRule(
    {
      name: 'txt-state-number',
      severity: 'must',
      checks: 's# is 1',
      matters: 'controllers pass over the camera',
      source: 'HAP-R2 table 6-7',
    },
    texts => unless(texts.get('s#') === '1', said('s#', texts.get('s#'))),
  ),
  txtRule(
    {
      name: 'txt-status-flags',
      severity: 'must',
      checks: 'sf is a number of flags',
      matters: 'the camera cannot be added',
      source: 'HAP-R2 table 6-8',
    },
    texts => unless(/^\d{1,3}$/.test(texts.get('sf') ?? ''), said('sf', texts.get('sf'))),
  ),
  txtRule(
    {
      name: 'txt-status-says-unpaired',
      severity: 'must',
      checks: 'bit 0 of sf is set as long as nobody is paired, and not afterwards',
      matters: 'the camera does not appear in “Add Accessory”, or is offered for ever',
      source: 'HAP-R2 table 6-8',
    },
    (texts, { options }) => {
      const isUnpaired = (Number(texts.get('sf') ?? 0) & 1) === 1
      const isMeant = options.accessory === undefined
      return unless(
        isUnpaired === isMeant,
        `${said('sf', texts.get('sf'))}, and the camera is ${isMeant ? 'unpaired' : 'paired'}`,
      )
    },
  ),
  txtRule(
    {
      name: 'txt-model',
      severity: 'should',
      checks: 'md is the Model of the camera',
      matters: '“Add Accessory” shows another model',
      source: 'HAP-R2 table 6-7',
    },
    async (texts, lab) => {
      const { read } = await lab.get(database)
      const [information] = read.all('accessoryInformation')
      const model = information && optionalCharacteristic(information, 'model')?.value
      return unless(
        texts.get('md') === model,
        `${said('md', texts.get('md'))}, Model ${JSON.stringify(model)}`,
      )
    },
  ),
  txtRule(
    {
      name: 'txt-protocol-version',
      severity: 'should',
      checks: 'pv is 1.0 or 1.1',
      matters: 'controllers take the camera for one of another protocol',
      source: 'HAP-R2 table 6-7',
    },
    texts => unless(/^1\.[01]$/.test(texts.get('pv') ?? '1.0'), said('pv', texts.get('pv'))),
  ),
  txtRule(
    {
      name: 'txt-feature-flags',
      severity: 'should',
      checks: 'ff is a number of flags',
      matters: 'controllers choose a way to pair that the camera does not know',
      source: 'HAP-R2 table 5-4',
    },
    texts => unless(/^\d{1,3}$/.test(texts.get('ff') ?? '0'), said('ff', texts.get('ff'))),
  ),
  txtRule(
    {
      name: 'txt-category',
      severity: 'should',
      checks: 'ci is 17, or 18 of a doorbell; a bridge says 2',
      matters: '“Add Accessory” shows another kind of device',
      source: 'HAP-R2 §13',
    },
    async (texts, lab) => {
      const { read } = await lab.get(database)
      const number = texts.get('ci') ?? ''
      const isBridge = read.services.some(({ aid }) => aid !== 1)
      const wanted = isBridge ? ['2'] : read.all('doorbell').length > 0 ? ['18', '17'] : ['17']
      return unless(wanted.includes(number), `${said('ci', texts.get('ci'))}, not ${wanted[0]}`)
    },
  ),
  txtRule(
    {
      name: 'txt-setup-hash',
      severity: 'should',
      checks: 'sh, where there is one, is four bytes in base64',
      matters: 'the code that is scanned is not matched to the camera',
      source: 'HAP-R2 table 6-7',
    },
    texts =>
      unless(
        /^[A-Za-z0-9+/]{6}==$/.test(texts.get('sh') ?? 'AAAAAA=='),
        said('sh', texts.get('sh')),
      ),
  ),
  {
    name: 'txt-device-id-is-its-own',
    group: 'discovery',
    severity: 'must',
    checks: 'the announced id is the identifier with which the camera pairs',
    matters: 'the camera is lost after it was added',
    source: 'HAP-R2 §5.6.6',
    needs: ['announcement', 'paired'],
    async judge(lab) {
      const { texts } = await lab.get(firstAnnouncement)
      await lab.get(pairing)
      const { deviceId = '' } = lab.accessory ?? {}
      return unless(
        texts.get('id')?.toUpperCase() === deviceId,
        `${said('id', texts.get('id'))}, it pairs as ${deviceId}`,
      )
    },
  },
]
