import {
  type SelectedRtpStreamConfiguration,
  selectedRtpStreamConfiguration,
  streamCommand,
} from '@hksv/hap'

import type { AccessoryClient } from '../accessory-client.ts'
import { characteristicOf } from '../database.ts'
import { refusedAsLive } from './endpoints.ts'
import type { SetUp } from './set-up.ts'

/** What comes along with a command. */
type Selection = Omit<SelectedRtpStreamConfiguration, 'control'>

/**
 * Tells a camera what becomes of a live view that is set up.
 *
 * @throws HubError `HUB_LIVE_REFUSED`, and those of the connection
 * @see HomeKit Accessory Protocol R2 chapter 9, Selected RTP Stream Configuration
 */
export async function writeCommand(
  client: AccessoryClient,
  { service, endpoints }: Pick<SetUp, 'service' | 'endpoints'>,
  name: keyof typeof streamCommand,
  selection: Selection = {},
): Promise<void> {
  const selected = characteristicOf(service, 'selectedRtpStreamConfiguration')
  const control = { sessionId: endpoints.sessionId, command: streamCommand[name] }
  const bytes = selectedRtpStreamConfiguration.encode({ control, ...selection })
  await refusedAsLive(client.write(selected, Buffer.from(bytes).toString('base64')))
}
