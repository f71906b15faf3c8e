import {
  supportedAudioRecordingConfiguration,
  supportedAudioStreamConfiguration,
  supportedCameraRecordingConfiguration,
  supportedRtpConfiguration,
  supportedVideoRecordingConfiguration,
  supportedVideoStreamConfiguration,
} from '@hksv/hap'
import { decodeItems } from '@hksv/tlv8'

import { optionalCharacteristic } from '../../database.ts'
import { offer, offerBytes } from '../evidence/armed.ts'
import { camera, characteristicIn, database } from '../evidence/database.ts'
import { readValue } from '../evidence/requests.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, firstFault, unless } from '../rule.ts'

type Words = Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>

const NOT_OFFERED = 'Home does not offer “Stream & Allow Recording”'
const NOT_ARMED = 'the hub never selects a configuration, and nothing is recorded'
const SERVICES = 'Secure Video R2 §1, §2'

function armingRule(
  words: Words,
  judge: ConformRule['judge'],
  more: Partial<ConformRule> = {},
): ConformRule {
  return { group: 'arming', needs: ['camera'], ...words, judge, ...more }
}

/** A rule that a service is there. */
function serviceRule(
  name: string,
  service: Parameters<Awaited<ReturnType<typeof database.run>>['read']['all']>[0],
  severity: 'must' | 'should',
): ConformRule {
  const words = {
    name,
    severity,
    checks: `the camera has the service ${service}`,
    matters: NOT_OFFERED,
    source: SERVICES,
  }
  const judge = async (lab: Lab) => {
    const { read } = await lab.get(database)
    return unless(read.all(service).length > 0, 'there is none')
  }
  return armingRule(words, judge, { needs: ['paired'] })
}

/** A rule that a TLV8 can be read as hubs read it. */
function tlvRule(
  name: string,
  characteristic: string,
  read: (lab: Lab) => Promise<{ bytes: Uint8Array; decode: (bytes: Uint8Array) => unknown }>,
): ConformRule {
  const checks = `${characteristic} can be read: its lists are separated by empty items`
  const words = {
    name,
    severity: 'must',
    checks,
    matters: NOT_ARMED,
    source: 'Secure Video R2 §3; HAP-R2 chapter 9',
  } as const
  return armingRule(words, async lab => {
    const { bytes, decode } = await read(lab)
    try {
      decodeItems(bytes)
      decode(bytes)
      return undefined
    } catch (error) {
      return { text: error instanceof Error ? error.message : String(error), bytes, offset: 0 }
    }
  })
}

async function streamTlv(
  lab: Lab,
  name:
    | 'supportedVideoStreamConfiguration'
    | 'supportedAudioStreamConfiguration'
    | 'supportedRtpConfiguration',
) {
  const schemas = {
    supportedVideoStreamConfiguration,
    supportedAudioStreamConfiguration,
    supportedRtpConfiguration,
  }
  const value = await readValue(
    await lab.session(),
    await characteristicIn(lab, 'cameraRtpStreamManagement', name),
  )
  const bytes = Buffer.from(typeof value === 'string' ? value : '', 'base64')
  return { bytes, decode: (from: Uint8Array) => schemas[name].decodeLenient(from) }
}

/** The services of a Secure Video camera, and what it offers to record. */
export const offerRules: readonly ConformRule[] = [
  serviceRule('has-recording-management', 'cameraEventRecordingManagement', 'must'),
  serviceRule('has-operating-mode', 'cameraOperatingMode', 'must'),
  serviceRule('has-data-stream', 'dataStreamTransportManagement', 'must'),
  serviceRule('has-motion-sensor', 'motionSensor', 'must'),
  serviceRule('has-stream-management', 'cameraRtpStreamManagement', 'must'),
  serviceRule('has-microphone', 'microphone', 'should'),
  armingRule(
    {
      name: 'recording-links-sensor-and-stream',
      severity: 'must',
      checks: 'CameraEventRecordingManagement links to the motion sensor and to the data stream',
      matters: NOT_OFFERED,
      source: SERVICES,
    },
    async lab => {
      const { recording, motion, transport } = await lab.get(camera)
      const missing = [motion, transport]
        .filter(({ iid }) => !recording.linked.includes(iid))
        .map(({ name }) => name)
      return unless(missing.length === 0, `no link to ${missing.join(', ')}`)
    },
  ),
  armingRule(
    {
      name: 'streams-can-be-switched',
      severity: 'must',
      checks: 'every CameraRTPStreamManagement has Active',
      matters: NOT_OFFERED,
      source: SERVICES,
    },
    async lab => {
      const { streams } = await lab.get(camera)
      return firstFault(streams, stream =>
        unless(optionalCharacteristic(stream, 'active') !== undefined, `${stream.iid} has none`),
      )
    },
  ),
  armingRule(
    {
      name: 'sensor-has-status-active',
      severity: 'should',
      checks: 'the motion sensor has StatusActive',
      matters: 'Home shows a sensor that works while the camera is off',
      source: 'HAP-R2 §8.24; observed: cameras sold with Secure Video',
    },
    async lab => {
      const { motion } = await lab.get(camera)
      return unless(optionalCharacteristic(motion, 'statusActive') !== undefined, 'it has none')
    },
  ),
  armingRule(
    {
      name: 'sound-can-be-switched',
      severity: 'should',
      checks: 'CameraEventRecordingManagement has RecordingAudioActive',
      matters: 'sound of recordings cannot be switched off',
      source: 'Secure Video R2 §2.2',
    },
    async lab => {
      const { recording } = await lab.get(camera)
      return unless(
        optionalCharacteristic(recording, 'recordingAudioActive') !== undefined,
        'it has none',
      )
    },
  ),
  tlvRule('offer-general-readable', 'SupportedCameraRecordingConfiguration', async lab => ({
    bytes: (await lab.get(offerBytes)).general,
    decode: bytes => supportedCameraRecordingConfiguration.decodeLenient(bytes),
  })),
  tlvRule('offer-video-readable', 'SupportedVideoRecordingConfiguration', async lab => ({
    bytes: (await lab.get(offerBytes)).video,
    decode: bytes => supportedVideoRecordingConfiguration.decodeLenient(bytes),
  })),
  tlvRule('offer-audio-readable', 'SupportedAudioRecordingConfiguration', async lab => ({
    bytes: (await lab.get(offerBytes)).audio,
    decode: bytes => supportedAudioRecordingConfiguration.decodeLenient(bytes),
  })),
  tlvRule('stream-video-readable', 'SupportedVideoStreamConfiguration', lab =>
    streamTlv(lab, 'supportedVideoStreamConfiguration'),
  ),
  tlvRule('stream-audio-readable', 'SupportedAudioStreamConfiguration', lab =>
    streamTlv(lab, 'supportedAudioStreamConfiguration'),
  ),
  tlvRule('stream-rtp-readable', 'SupportedRTPConfiguration', lab =>
    streamTlv(lab, 'supportedRtpConfiguration'),
  ),
  armingRule(
    {
      name: 'prebuffer-of-four-bytes',
      severity: 'should',
      checks: 'the prebuffer length has four bytes',
      matters: 'hubs read another length',
      source: 'Secure Video R3 §3.8; observed: cameras sold with Secure Video',
    },
    async lab => {
      const { general } = await lab.get(offerBytes)
      const item = decodeItems(general).find(({ type }) => type === 1)
      return unless(item?.value.length === 4, `it has ${item?.value.length ?? 'no'} bytes`, {
        bytes: general,
        offset: 0,
      })
    },
  ),
  armingRule(
    {
      name: 'prebuffer-offered',
      severity: 'should',
      checks: 'a prebuffer of at least 4000 ms is offered; battery cameras have 0',
      matters: 'clips begin after what caused them has passed',
      source: 'Secure Video R3 §3.8',
    },
    async lab => {
      const { prebufferLengthMs } = (await lab.get(offer)).general
      return unless(prebufferLengthMs === 0 || prebufferLengthMs >= 4000, `${prebufferLengthMs} ms`)
    },
  ),
  armingRule(
    {
      name: 'motion-trigger-offered',
      severity: 'must',
      checks: 'bit 0, motion, is among the triggers',
      matters: NOT_ARMED,
      source: 'Secure Video R2 §3.8',
    },
    async lab => {
      const { eventTriggerOptions } = (await lab.get(offer)).general
      return unless((eventTriggerOptions & 1n) === 1n, `the triggers are ${eventTriggerOptions}`)
    },
  ),
  armingRule(
    {
      name: 'mp4-offered',
      severity: 'must',
      checks: 'container 0, fragmented MP4, is offered',
      matters: NOT_ARMED,
      source: 'Secure Video R2 §3.8',
    },
    async lab => {
      const types = (await lab.get(offer)).general.mediaContainers.map(({ type }) => type)
      return unless(types.includes(0), `offered: ${types.join(', ') || 'none'}`)
    },
  ),
  armingRule(
    {
      name: 'fragments-of-four-seconds',
      severity: 'should',
      checks: 'the fragment length is 4000 ms',
      matters: NOT_ARMED,
      source: 'observed: all cameras seen offer 4000, and hubs select it',
    },
    async lab => {
      const lengths = (await lab.get(offer)).general.mediaContainers.map(
        each => each.parameters.fragmentLengthMs,
      )
      return unless(lengths.includes(4000), `${lengths.join(', ')} ms`)
    },
  ),
  armingRule(
    {
      name: 'h264-offered',
      severity: 'must',
      checks: 'codec 0, H.264, is offered, with profiles, levels and picture sizes',
      matters: NOT_ARMED,
      source: 'Secure Video R2 §3.9',
    },
    async lab => {
      const codec = (await lab.get(offer)).video.codecs.find(each => each.codec === 0)
      if (codec === undefined) return { text: 'it is not' }
      const { profiles, levels } = codec.parameters
      return unless(
        profiles.length > 0 && levels.length > 0 && codec.attributes.length > 0,
        'something of it is missing',
      )
    },
  ),
  armingRule(
    {
      name: 'profiles-and-levels-known',
      severity: 'must',
      checks: 'profiles and levels are 0 to 2',
      matters: NOT_ARMED,
      source: 'Secure Video R2 §3.9',
    },
    async lab => {
      const codec = (await lab.get(offer)).video.codecs.find(each => each.codec === 0)
      const odd = [...(codec?.parameters.profiles ?? []), ...(codec?.parameters.levels ?? [])].find(
        each => each > 2,
      )
      return unless(odd === undefined, `one of them is ${odd}`)
    },
  ),
  armingRule(
    {
      name: 'usual-sizes-offered',
      severity: 'should',
      checks: '1920x1080 or 1280x720 is offered; cameras of 4:3 have others',
      matters: NOT_ARMED,
      source: 'Secure Video R2 §1; observed: cameras of 4:3',
    },
    async lab => {
      const sizes = (await lab.get(offer)).video.codecs.flatMap(each => each.attributes)
      const isUsual = sizes.some(
        ({ width, height }) =>
          (width === 1920 && height === 1080) || (width === 1280 && height === 720),
      )
      const isFourToThree = sizes.some(({ width, height }) => width * 3 === height * 4)
      return unless(
        isUsual || isFourToThree,
        sizes.map(({ width, height }) => `${width}x${height}`).join(', '),
      )
    },
  ),
  armingRule(
    {
      name: 'usual-rates-offered',
      severity: 'should',
      checks: '15, 24 or 30 frames a second are offered',
      matters: NOT_ARMED,
      source: 'Secure Video R2 §1',
    },
    async lab => {
      const rates = (await lab.get(offer)).video.codecs.flatMap(each =>
        each.attributes.map(({ frameRate }) => frameRate),
      )
      return unless(
        rates.some(rate => [15, 24, 30].includes(rate)),
        `offered: ${rates.join(', ')}`,
      )
    },
  ),
  armingRule(
    {
      name: 'aac-offered',
      severity: 'must',
      checks: 'AAC-LC (0) or AAC-ELD (1) is offered; the numbers are not those of live streams',
      matters: NOT_ARMED,
      source: 'Secure Video R2 §3.10; observed: go2rtc',
    },
    async lab => {
      const codecs = (await lab.get(offer)).audio.codecs.map(({ codec }) => codec)
      return unless(
        codecs.some(codec => codec === 0 || codec === 1),
        `offered: ${codecs.join(', ') || 'none'}`,
      )
    },
  ),
  armingRule(
    {
      name: 'sample-rates-known',
      severity: 'must',
      checks: 'sample rates are 0 to 5, and there is one',
      matters: NOT_ARMED,
      source: 'Secure Video R2 §3.10',
    },
    async lab => {
      const rates = (await lab.get(offer)).audio.codecs.flatMap(each => each.parameters.sampleRates)
      return unless(
        rates.length > 0 && rates.every(rate => rate <= 5),
        `offered: ${rates.join(', ') || 'none'}`,
      )
    },
  ),
]
