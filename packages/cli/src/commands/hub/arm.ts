import { armAs, disarm, type HubProfile } from '@hksv/hub'
import { Command, InvalidArgumentError } from 'commander'

import { addOption } from '../../options.ts'
import { Output } from '../../output.ts'
import { addHubOptions, connectAccessory, type HubFlags } from './common.ts'
import { addProfileOption } from './profile-option.ts'

interface ArmFlags extends HubFlags {
  readonly prebuffer?: number
  readonly resolution?: { width: number; height: number }
  readonly bitrate?: number
  readonly audio: boolean
  readonly profile: HubProfile
}

/** `hksv hub arm` */
export function armCommand(): Command {
  const command = new Command('arm').description('Select a configuration and let the camera record')
  addOption(command, '--prebuffer <ms>', 'how much of the past a clip begins with', {
    parse: parseMilliseconds,
  })
  addOption(command, '--resolution <WxH>', 'of those that the camera offers, the nearest', {
    parse: parseResolution,
  })
  addOption(command, '--bitrate <kbps>', 'of the video; 2000 unless given', { parse: parseBitRate })
  addOption(command, '--no-audio', 'record without sound')
  addProfileOption(command)
  addHubOptions(command)
  return command.action(async (flags: ArmFlags) => {
    const output = new Output(flags)
    await using client = await connectAccessory(flags)
    const { prebuffer, resolution, bitrate, audio } = flags
    const selected = await armAs(client, flags.profile, {
      audio,
      ...(prebuffer === undefined ? {} : { prebufferMs: prebuffer }),
      ...(bitrate === undefined ? {} : { bitRateKbps: bitrate }),
      ...resolution,
    })
    const { general, video } = selected
    const { width, height, frameRate } = video.attributes
    output.record({ event: 'armed', deviceId: client.accessory.deviceId, selected })
    output.result(
      `Armed: ${width}x${height} at ${frameRate} frames/s, ${video.parameters.bitRateKbps} kbit/s, ` +
        `prebuffer ${general.prebufferLengthMs} ms, ${audio ? 'with' : 'without'} sound.`,
    )
  })
}

/** `hksv hub disarm` */
export function disarmCommand(): Command {
  const command = addHubOptions(new Command('disarm').description('Let the camera record no more'))
  return command.action(async (flags: HubFlags) => {
    const output = new Output(flags)
    await using client = await connectAccessory(flags)
    await disarm(client)
    output.record({ event: 'disarmed', deviceId: client.accessory.deviceId })
    output.result('Disarmed.')
  })
}

function parseMilliseconds(text: string): number {
  const milliseconds = Number(text)
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It is no number of milliseconds.')
  return milliseconds
}

/** Kilobits a second. */
export function parseBitRate(text: string): number {
  const kbps = Number(text)
  if (!/^\d{2,6}$/.test(text) || kbps < 16)
    throw new InvalidArgumentError('It is no bit rate in kbit/s.')
  return kbps
}

/** `1280x720` */
export function parseResolution(text: string): { width: number; height: number } {
  const [, width, height] = /^(\d{2,5})x(\d{2,5})$/.exec(text) ?? []
  if (width === undefined || height === undefined) {
    throw new InvalidArgumentError('It is no resolution like 1280x720.')
  }
  return { width: Number(width), height: Number(height) }
}
