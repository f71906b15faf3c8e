import type { ServiceTable } from '../service-definition.ts'

/** Names of {@link mediaServices}. */
export type MediaServiceName = 'television' | 'inputSource' | 'smartSpeaker'

/** Televisions and speakers, after the specification; observed in devices of the field. */
export const mediaServices: ServiceTable<MediaServiceName> = {
  television: {
    type: 'D8',
    characteristics: [
      'active',
      'activeIdentifier',
      'configuredName',
      'remoteKey',
      'sleepDiscoveryMode',
    ],
    optional: [
      'brightness',
      'closedCaptions',
      'displayOrder',
      'currentMediaState',
      'targetMediaState',
      'pictureMode',
      'powerModeSelection',
      'name',
    ],
  },
  inputSource: {
    type: 'D9',
    characteristics: [
      'configuredName',
      'inputSourceType',
      'isConfigured',
      'name',
      'currentVisibilityState',
    ],
    optional: ['identifier', 'inputDeviceType', 'targetVisibilityState'],
  },
  smartSpeaker: {
    type: '228',
    characteristics: ['currentMediaState', 'targetMediaState'],
    optional: ['airPlayEnable', 'configuredName', 'mute', 'volume', 'name'],
  },
}
