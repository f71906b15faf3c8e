import type { CharacteristicName, ServiceName } from '@hksv/hap'
import * as v from 'valibot'

import {
  optionalCharacteristic,
  type RemoteCharacteristic,
  RemoteDatabase,
  type RemoteService,
} from '../../database.ts'
import { HubError, isHubError } from '../../errors.ts'
import type { Experiment, Lab } from '../lab.ts'
import { NotJudged } from '../rule.ts'
import { type Answer, jsonOf } from '../wire/answers.ts'
import { pairing } from './pairing.ts'

/** Something of a database, as it stands in the JSON. */
export interface RawItem {
  readonly iid?: unknown
  readonly type?: unknown
  readonly format?: unknown
  readonly perms?: unknown
  readonly value?: unknown
  readonly minValue?: unknown
  readonly maxValue?: unknown
  readonly 'valid-values'?: unknown
}

/** The database as it stands in the JSON. */
export interface RawDatabase {
  readonly accessories: readonly {
    readonly aid: unknown
    readonly services: readonly (RawItem & { readonly characteristics: readonly RawItem[] })[]
  }[]
}

const item = v.looseObject({})
const rawSchema: v.GenericSchema<unknown, RawDatabase> = v.object({
  accessories: v.array(
    v.looseObject({
      aid: v.unknown(),
      services: v.array(v.looseObject({ characteristics: v.array(item) })),
    }),
  ),
})

/** What `GET /accessories` answered. */
export interface AccessoriesEvidence {
  readonly answer: Answer
  readonly json: unknown
  /** As it stands in the JSON; undefined when it is no database at all. */
  readonly raw: RawDatabase | undefined
}

/** The same, as a hub reads it. */
export interface DatabaseEvidence extends AccessoriesEvidence {
  readonly read: RemoteDatabase
}

/** The attribute database, as it was sent. */
export const accessories: Experiment<AccessoriesEvidence> = {
  name: 'read the attribute database',
  rule: 'accessories-answered',
  async run(lab) {
    await lab.get(pairing)
    const answer = await (await lab.session()).request('GET', '/accessories')
    if (answer.status !== 200) {
      throw new HubError('HUB_PROTOCOL', {
        message: `GET /accessories was answered with HTTP ${answer.status}.`,
      })
    }
    const json = jsonOf(answer)
    const parsed = v.safeParse(rawSchema, json)
    return { answer, json, raw: parsed.success ? parsed.output : undefined }
  },
}

/** The attribute database. */
export const database: Experiment<DatabaseEvidence> = {
  name: 'understand the attribute database',
  rule: 'accessories-answered',
  async run(lab) {
    const evidence = await lab.get(accessories)
    return { ...evidence, read: RemoteDatabase.parse(evidence.json) }
  },
}

/** The services that recordings are made of. */
export interface CameraServices {
  readonly recording: RemoteService
  readonly mode: RemoteService
  readonly motion: RemoteService
  readonly transport: RemoteService
  readonly streams: readonly RemoteService[]
}

/** The services of a Secure Video camera. */
export const camera: Experiment<CameraServices> = {
  name: 'find the services of a Secure Video camera',
  rule: 'has-recording-management',
  async run(lab) {
    const { read } = await lab.get(database)
    try {
      const recording = read.service('cameraEventRecordingManagement')
      return {
        recording,
        mode: read.serviceOf(recording, 'cameraOperatingMode'),
        motion: read.serviceOf(recording, 'motionSensor'),
        transport: read.serviceOf(recording, 'dataStreamTransportManagement'),
        streams: read.all('cameraRtpStreamManagement').filter(({ aid }) => aid === recording.aid),
      }
    } catch (error) {
      if (isHubError(error)) throw new NotJudged(error.message, { cause: error })
      throw error
    }
  },
}

/** A characteristic of the camera's services. @throws NotJudged when it has none. */
export async function cameraCharacteristic(
  lab: Lab,
  service: keyof Omit<CameraServices, 'streams'>,
  name: CharacteristicName,
): Promise<RemoteCharacteristic> {
  const services = await lab.get(camera)
  const found = optionalCharacteristic(services[service], name)
  if (found === undefined) throw new NotJudged(`the camera has no ${name}`)
  return found
}

/** A characteristic of the first service of a name. @throws NotJudged */
export async function characteristicIn(
  lab: Lab,
  service: ServiceName,
  name: CharacteristicName,
): Promise<RemoteCharacteristic> {
  const { read } = await lab.get(database)
  const [first] = read.all(service)
  const found = first && optionalCharacteristic(first, name)
  if (found === undefined) throw new NotJudged(`the camera has no ${service} with ${name}`)
  return found
}
