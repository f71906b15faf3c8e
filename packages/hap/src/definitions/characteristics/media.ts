import {
  type CharacteristicTable,
  CONTROL,
  OBSERVE,
  percentage,
  READ,
  states,
  WRITE,
} from '../characteristic-definition.ts'

/** Formats of {@link media}. */
export interface MediaFormats {
  mute: 'bool'
  volume: 'uint8'
  volumeControlType: 'uint8'
  volumeSelector: 'uint8'
  currentMediaState: 'uint8'
  targetMediaState: 'uint8'
  airPlayEnable: 'uint8'
  activeIdentifier: 'uint32'
  identifier: 'uint32'
  remoteKey: 'uint8'
  sleepDiscoveryMode: 'uint8'
  closedCaptions: 'uint8'
  displayOrder: 'tlv8'
  pictureMode: 'uint8'
  powerModeSelection: 'uint8'
  inputSourceType: 'uint8'
  inputDeviceType: 'uint8'
  currentVisibilityState: 'uint8'
  targetVisibilityState: 'uint8'
}

/**
 * Sound and television. Mute, volume and the active identifier are of the specification, the rest
 * observed in devices of the field.
 *
 * @see HomeKit Accessory Protocol R2 §9
 */
export const media: CharacteristicTable<MediaFormats> = {
  mute: { type: '11A', format: 'bool', perms: CONTROL },
  volume: { type: '119', ...percentage('uint8'), perms: CONTROL },
  /** 0 none, 1 relative, 2 relative with current, 3 absolute. */
  volumeControlType: { type: 'E9', ...states(3), perms: OBSERVE },
  /** 0 up, 1 down. */
  volumeSelector: { type: 'EA', ...states(1), perms: WRITE },
  /** 0 play, 1 pause, 2 stop, 4 loading, 5 interrupted. */
  currentMediaState: {
    type: 'E0',
    ...states(5),
    validValues: [0, 1, 2, 4, 5],
    perms: OBSERVE,
  },
  /** 0 play, 1 pause, 2 stop. */
  targetMediaState: { type: '137', ...states(2), perms: CONTROL },
  airPlayEnable: { type: '25B', ...states(1), perms: CONTROL },
  /** Televisions let it be written, remotes only read. */
  activeIdentifier: { type: 'E7', format: 'uint32', perms: CONTROL },
  identifier: { type: 'E6', format: 'uint32', perms: READ },
  remoteKey: { type: 'E1', ...states(16), perms: WRITE },
  sleepDiscoveryMode: { type: 'E8', ...states(1), perms: OBSERVE },
  closedCaptions: { type: 'DD', ...states(1), perms: CONTROL },
  displayOrder: { type: '136', format: 'tlv8', perms: CONTROL },
  pictureMode: { type: 'E2', ...states(13), perms: CONTROL },
  powerModeSelection: { type: 'DF', ...states(1), perms: WRITE },
  inputSourceType: { type: 'DB', ...states(10), perms: OBSERVE },
  inputDeviceType: { type: 'DC', ...states(6), perms: OBSERVE },
  /** 0 shown, 1 hidden. */
  currentVisibilityState: { type: '135', ...states(1), perms: OBSERVE },
  targetVisibilityState: { type: '134', ...states(1), perms: CONTROL },
}
