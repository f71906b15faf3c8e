import type { CameraOptions } from '@hksv/accessory'
import { type CharacteristicName, characteristics, type ServiceName, services } from '@hksv/hap'
import { openTalkBack } from '@hksv/media'
import { describe, expect, test } from 'vitest'

import { type Described, pairedStage } from './support/camera.ts'

/** What a camera publishes: its services by name, with the characteristics of each. */
async function published(options: Partial<CameraOptions> = {}) {
  const { client } = await pairedStage(options)
  // The client hands on what it parsed; its shape is what this whole suite is about.
  const { accessories } = (await client.json('GET', '/accessories')) as Described
  const nameOf = <N extends string>(table: Record<N, { type: string }>, type: string) =>
    (Object.keys(table) as N[]).find(name => table[name].type === type)
  return (accessories[0]?.services ?? []).map(service => ({
    iid: service.iid,
    linked: service.linked ?? [],
    isPrimary: service.primary ?? false,
    name: nameOf<ServiceName>(services, service.type),
    characteristics: service.characteristics.map(({ type }) =>
      nameOf<CharacteristicName>(characteristics, type),
    ),
    values: Object.fromEntries(
      service.characteristics.map(({ type, value }) => [
        nameOf<CharacteristicName>(characteristics, type),
        value,
      ]),
    ),
  }))
}

const stream = [
  'streamingStatus',
  'supportedVideoStreamConfiguration',
  'supportedAudioStreamConfiguration',
  'supportedRtpConfiguration',
  'selectedRtpStreamConfiguration',
  'setupEndpoints',
  'active',
]
const camera = {
  accessoryInformation: [
    'identify',
    'manufacturer',
    'model',
    'name',
    'serialNumber',
    'firmwareRevision',
  ],
  protocolInformation: ['version'],
  cameraRtpStreamManagement: stream,
  microphone: ['mute'],
  motionSensor: ['motionDetected', 'statusActive'],
  cameraOperatingMode: [
    'eventSnapshotsActive',
    'homeKitCameraActive',
    'periodicSnapshotsActive',
    'cameraOperatingModeIndicator',
    'nightVision',
    'manuallyDisabled',
    'thirdPartyCameraActive',
    'diagonalFieldOfView',
  ],
  dataStreamTransportManagement: [
    'supportedDataStreamTransportConfiguration',
    'setupDataStreamTransport',
    'version',
  ],
  cameraEventRecordingManagement: [
    'active',
    'supportedCameraRecordingConfiguration',
    'supportedVideoRecordingConfiguration',
    'supportedAudioRecordingConfiguration',
    'selectedCameraRecordingConfiguration',
    'recordingAudioActive',
  ],
}

const namesOf = (all: Awaited<ReturnType<typeof published>>) => all.map(({ name }) => name)
const contentOf = (all: Awaited<ReturnType<typeof published>>) =>
  Object.fromEntries(all.map(({ name, characteristics: content }) => [name, content]))

describe('the services', () => {
  test('of a camera', async () => {
    const all = await published()
    expect(contentOf(all)).toEqual(camera)
    expect(namesOf(all).filter(name => name === 'cameraRtpStreamManagement')).toHaveLength(2)
    expect(all.some(({ isPrimary }) => isPrimary)).toBe(false)
  })

  test('of a doorbell: it stands for the accessory, and can be talked through', async () => {
    const all = await published({ isDoorbell: true })
    expect(contentOf(all)).toEqual({
      ...camera,
      doorbell: ['programmableSwitchEvent'],
      speaker: ['mute', 'volume'],
    })
    expect(all.filter(({ isPrimary }) => isPrimary).map(({ name }) => name)).toEqual(['doorbell'])
    expect(all.find(({ name }) => name === 'doorbell')?.values).toEqual({
      programmableSwitchEvent: null,
    })
  })

  test.each([1, 2, 3, 4])('for %i people who look at once', async streamCount => {
    const names = namesOf(await published({ streamCount }))
    expect(names.filter(name => name === 'cameraRtpStreamManagement')).toHaveLength(streamCount)
  })

  test.each([0, 5, 1.5])('not for %i', async streamCount => {
    await expect(published({ streamCount })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('link the recording to what triggers it and to its way out', async () => {
    for (const hasOccupancySensor of [false, true]) {
      const all = await published({ hasOccupancySensor })
      const recording = all.find(({ name }) => name === 'cameraEventRecordingManagement')
      const linked = all.filter(({ iid }) => recording?.linked.includes(iid))
      const sensors = hasOccupancySensor ? ['motionSensor', 'occupancySensor'] : ['motionSensor']
      expect(namesOf(linked).sort()).toEqual(['dataStreamTransportManagement', ...sensors])
    }
  })

  test('with a speaker for whoever can be talked through', async () => {
    const talkBack = openTalkBack('aplay -q')
    expect(namesOf(await published({ talkBack }))).toContain('speaker')
    expect(namesOf(await published({ talkBack, hasSpeaker: false }))).not.toContain('speaker')
    expect(namesOf(await published({}))).not.toContain('speaker')
  })

  test('of a camera with all that a camera can have', async () => {
    const all = await published({ hasOccupancySensor: true, hasSpeaker: true, fieldOfView: 131 })
    const values = Object.fromEntries(all.map(each => [each.name, each.values]))
    expect(values['occupancySensor']).toEqual({ occupancyDetected: 0, statusActive: true })
    expect(values['speaker']).toEqual({ mute: false, volume: 100 })
    expect(values['cameraOperatingMode']).toEqual({
      eventSnapshotsActive: 1,
      homeKitCameraActive: 1,
      periodicSnapshotsActive: 1,
      cameraOperatingModeIndicator: true,
      nightVision: true,
      manuallyDisabled: false,
      thirdPartyCameraActive: 0,
      diagonalFieldOfView: 131,
    })
    expect(values['cameraEventRecordingManagement']).toMatchObject({
      active: 0,
      recordingAudioActive: 0,
      selectedCameraRecordingConfiguration: '',
    })
  })
})
