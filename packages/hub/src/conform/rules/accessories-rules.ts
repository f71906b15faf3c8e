import { type AccessoriesEvidence, accessories, type RawItem } from '../evidence/database.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, type Fault, firstFault, unless } from '../rule.ts'
import { formats, limitFault, UUID } from './value-shapes.ts'

type Words = Omit<ConformRule, 'group' | 'needs' | 'judge'>

/** A rule on the JSON that `GET /accessories` answered. */
function accessoriesRule(
  words: Words,
  judge: (evidence: AccessoriesEvidence) => Fault | undefined,
): ConformRule {
  const judged = async (lab: Lab) => judge(await lab.get(accessories))
  return { group: 'characteristics', needs: ['paired'], ...words, judge: judged }
}

function itemsOf({ raw }: AccessoriesEvidence): {
  services: RawItem[]
  characteristics: RawItem[]
} {
  const all = raw?.accessories.flatMap(each => each.services) ?? []
  return { services: all, characteristics: all.flatMap(each => each.characteristics) }
}

/** The JSON in which an accessory says what it is. */
export const accessoriesRules: readonly ConformRule[] = [
  accessoriesRule(
    {
      name: 'accessories-content-type',
      severity: 'should',
      checks: 'GET /accessories is sent as application/hap+json',
      matters: 'some controllers read nothing else as an answer',
      source: 'HAP-R2 §6.6',
    },
    ({ answer }) => {
      const type = answer.headers.get('content-type') ?? ''
      return unless(type.startsWith('application/hap+json'), `Content-Type is "${type}"`)
    },
  ),
  accessoriesRule(
    {
      name: 'first-accessory-is-1',
      severity: 'must',
      checks: 'the accessory itself has the id 1',
      matters: 'controllers look there for its name and features',
      source: 'HAP-R2 §2.6.1',
    },
    ({ raw }) =>
      unless(
        raw?.accessories.some(({ aid }) => Number(aid) === 1) ?? false,
        'there is no accessory with aid 1',
      ),
  ),
  accessoriesRule(
    {
      name: 'instance-ids-unique',
      severity: 'must',
      checks:
        'no instance id stands twice in an accessory, of services and characteristics together',
      matters: 'writes reach the wrong characteristic, or the camera cannot be added',
      source: 'HAP-R2 §2.6.3',
    },
    ({ raw }) =>
      firstFault(raw?.accessories ?? [], accessory => {
        const ids = accessory.services.flatMap(each => [
          each.iid,
          ...each.characteristics.map(({ iid }) => iid),
        ])
        const twice = ids.find((id, at) => ids.indexOf(id) !== at)
        return unless(
          twice === undefined,
          `${String(twice)} stands twice in accessory ${String(accessory.aid)}`,
        )
      }),
  ),
  accessoriesRule(
    {
      name: 'instance-ids-are-numbers',
      severity: 'should',
      checks: 'instance ids are JSON numbers above 0',
      matters: 'strict controllers read nothing of the camera',
      source: 'HAP-R2 §2.6.3',
    },
    evidence => {
      const { services: listed, characteristics: each } = itemsOf(evidence)
      return firstFault([...listed, ...each], ({ iid }) =>
        unless(
          Number.isInteger(iid) && Number(iid) > 0,
          `an instance id is ${JSON.stringify(iid)}`,
        ),
      )
    },
  ),
  accessoriesRule(
    {
      name: 'types-are-uuids',
      severity: 'must',
      checks: 'types of services and characteristics are UUIDs, whole or shortened',
      matters: 'the service is passed over',
      source: 'HAP-R2 §6.6.1',
    },
    evidence => {
      const { services: listed, characteristics: each } = itemsOf(evidence)
      return firstFault([...listed, ...each], ({ type }) =>
        unless(typeof type === 'string' && UUID.test(type), `a type is ${JSON.stringify(type)}`),
      )
    },
  ),
  accessoriesRule(
    {
      name: 'formats-known',
      severity: 'must',
      checks: 'every characteristic has one of the formats of HAP',
      matters: 'its value cannot be read',
      source: 'HAP-R2 table 6-5',
    },
    evidence =>
      firstFault(itemsOf(evidence).characteristics, ({ format, iid }) =>
        unless(
          formats.includes(String(format)),
          `${String(iid)} has the format ${JSON.stringify(format)}`,
        ),
      ),
  ),
  accessoriesRule(
    {
      name: 'values-only-when-readable',
      severity: 'should',
      checks: 'only characteristics with the permission pr have a value in the database',
      matters: 'a value that may not be read is told to everybody',
      source: 'HAP-R2 §6.6.1',
    },
    evidence =>
      firstFault(itemsOf(evidence).characteristics, ({ perms, value, iid }) => {
        const isReadable = Array.isArray(perms) && perms.includes('pr')
        return unless(
          isReadable || value === undefined || value === null,
          `${String(iid)} is not readable and has a value`,
        )
      }),
  ),
  accessoriesRule(
    {
      name: 'values-in-range',
      severity: 'should',
      checks: 'values keep to minValue, maxValue and valid-values of the same database',
      matters: 'Home shows “No Response” for the control',
      source: 'HAP-R2 table 6-3',
    },
    evidence => firstFault(itemsOf(evidence).characteristics, limitFault),
  ),
]
