import { allAt, within, type XmlElement } from './xml.ts'

/** What a camera tells of what it sees. */
export interface OnvifNotification {
  readonly kind: 'motion' | 'ring'
  /** Topic and source: what is over is told by the same. */
  readonly key: string
  readonly isOn: boolean
  /** How it is, told to newcomers, and not that it has become so. */
  readonly isInitial: boolean
}

/** Topics without prefixes: of ONVIF's own rules, and of Axis, Reolink and TP-Link. */
const MOTION =
  /CellMotionDetector|MotionAlarm|MotionRegionDetector|FieldDetector|ObjectsInside|MotionDetect|PeopleDetect|VehicleDetect|DogCatDetect|FaceDetect|PeopleDetector|VehicleDetector|SmartEvent|VMD/i
const RING = /Visitor|Doorbell/i
/** Says whether it is so. */
const STATE = /^(?:Is(?!Sound|Tamper)\w+|State|active|motion)$/i
const YES: readonly string[] = ['true', '1', 'on']

/**
 * Reads what PullMessages delivers.
 * @param response - The element PullMessagesResponse.
 * @returns What is of motion or a bell, in its order.
 * @see ONVIF Core §9.4 (notifications), Imaging §"MotionAlarm", Analytics annex A
 */
export function readNotifications(response: XmlElement): OnvifNotification[] {
  return within(response, 'NotificationMessage').flatMap(readOne)
}

function readOne(notification: XmlElement): OnvifNotification[] {
  const topic = (allAt(notification, 'Topic')[0]?.text ?? '').replaceAll(/[\w.-]+:/g, '')
  const kind = RING.test(topic) ? 'ring' : MOTION.test(topic) ? 'motion' : undefined
  const [message] = allAt(notification, 'Message', 'Message')
  if (kind === undefined || message === undefined) return []
  const items = (of: string) =>
    allAt(message, of, 'SimpleItem').map(({ attributes }) => ({
      name: attributes.get('Name') ?? '',
      value: attributes.get('Value') ?? '',
    }))
  const states = items('Data').filter(({ name }) => STATE.test(name))
  if (states.length === 0) return []
  const operation = message.attributes.get('PropertyOperation')
  const source = items('Source').map(({ value }) => value)
  return [
    {
      kind,
      key: [topic, ...source].join(' '),
      isOn:
        operation !== 'Deleted' && states.some(({ value }) => YES.includes(value.toLowerCase())),
      isInitial: operation === 'Initialized',
    },
  ]
}
