import { characteristics, streamCommand } from '@hksv/hap'
import { recordingOffer } from '../src/camera/recording-offer.ts'
import { parseSelection } from '../src/camera/recording-selection.ts'
import { parseValue } from '../src/database/value.ts'
import { isAccessoryError } from '../src/errors.ts'
import { parseReadQuery } from '../src/http/read-query.ts'
import { liveSuites } from '../src/live/live-suite.ts'
import {
  parseSelected,
  parseSetupEndpoints,
  reconfigured,
  startSelection,
} from '../src/live/parse-stream.ts'

const definitions = Object.values(characteristics)
const size = { width: 1920, height: 1080 }
const offer = recordingOffer(
  {
    name: 'camera',
    video: {
      ...{
        codec: 'h264',
        size,
        profile: 'main',
        level: 40,
        timescale: 90_000,
        framesPerSecond: 30,
      },
      ...{ sps: [Uint8Array.of(0x67)], pps: [Uint8Array.of(0x68)] },
    },
  },
  { isDoorbell: false },
)

/** What a controller that has proved who it is writes and asks for. */
export function fuzz(data) {
  const [choice = 0] = data
  const rest = data.subarray(1)
  const base64 = rest.toString('base64')
  query(rest.toString('latin1'))
  value(definitions[choice % definitions.length], rest.toString('utf8'))
  const selection = parseSelection(base64, offer)
  if (selection !== undefined && selection.prebufferMs > offer.general.prebufferLengthMs)
    throw new Error('more than was offered')
  attempt(() => parseSetupEndpoints(base64, liveSuites))
  const selected = attempt(() => parseSelected(base64))
  const start = selected && attempt(() => startSelection(selected))
  if (start === undefined) return
  if (start.payloadType > 127 || start.attributes.width === undefined)
    throw new Error('not refused')
  attempt(() => reconfigured(start, selected))
  if (!Object.values(streamCommand).includes(selected.session.command)) return
}

/** What is read is written as the same. */
function query(target) {
  const read = parseReadQuery(target)
  if (read === undefined) return
  const ids = read.ids.map(({ aid, iid }) => `${aid}.${iid}`).join()
  const again = parseReadQuery(`/characteristics?id=${ids}`)
  if (again?.ids.length !== read.ids.length) throw new Error(ids)
}

/** What is taken once is taken as it is. */
function value(definition, text) {
  let json
  try {
    json = JSON.parse(text)
  } catch {
    // No JSON comes as far.
    json = text
  }
  const parsed = parseValue(definition, json)
  if (parsed !== undefined && !Object.is(parseValue(definition, parsed), parsed))
    throw new Error(`${text} became ${parsed}`)
}

function attempt(run) {
  try {
    return run()
  } catch (error) {
    if (!isAccessoryError(error)) throw error
    return undefined
  }
}
