import { readNotifications } from '../src/onvif/notification.ts'
import { escapeXml, parseXml } from '../src/onvif/xml.ts'

/** Pieces of what cameras send: each byte from 80 on stands for one. */
const words = [
  '<a xmlns="urn:a">',
  '</a>',
  '<w:NotificationMessage xmlns:w="urn:w">',
  '</w:NotificationMessage>',
  '<w:Topic xmlns:w="urn:w">tns1:RuleEngine/CellMotionDetector/Motion</w:Topic>',
  '<Topic>tns1:VideoSource/Visitor</Topic>',
  '<Message><Message PropertyOperation="Changed">',
  '<Message><Message PropertyOperation="Initialized">',
  '</Message></Message>',
  '<Source><SimpleItem Name="Source" Value="1"/></Source>',
  '<Data><SimpleItem Name="IsMotion" Value="true"/></Data>',
  '<Data><SimpleItem Name="State" Value="',
  '"/></Data>',
  '<!DOCTYPE a [<!ENTITY b "bbbb">]>',
  '&b;',
  '<![CDATA[',
  ']]>',
]

export function fuzz(data) {
  const text = Array.from(data, byte => words[byte - 0x80] ?? String.fromCharCode(byte)).join('')
  let root
  try {
    root = parseXml(text)
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError)
      throw error
    return
  }
  for (const { key, kind } of readNotifications(root)) {
    if (typeof key !== 'string' || !['motion', 'ring'].includes(kind)) throw new Error(key)
  }
  // What was read as text stands for itself when it is written.
  const element = parseXml(`<a>${escapeXml(root.text)}</a>`)
  if (element.text !== root.text.trim()) throw new Error(`${root.text} became ${element.text}`)
}
