import { SaxesParser } from 'saxes'

/** No message of a camera is nested deeper. */
const MAX_DEPTH = 64
const MAX_ELEMENTS = 50_000

/** An element of XML; names are without their prefix. */
export interface XmlElement {
  readonly name: string
  readonly namespace: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Directly in it, without white space around. */
  readonly text: string
}

interface Growing extends XmlElement {
  readonly children: Growing[]
  text: string
}

/**
 * Reads a document. Entities of its own are not expanded, they are an error.
 * @returns The outermost element.
 * @throws Error for what is not well-formed, or too deep, or too much; whoever calls says of what.
 */
export function parseXml(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true })
  const top = growing('', '')
  const open: Growing[] = [top]
  let count = 0
  parser.on('error', error => {
    throw error
  })
  parser.on('opentag', ({ local, uri, attributes }) => {
    if (open.length > MAX_DEPTH || ++count > MAX_ELEMENTS) throw new Error('too many elements')
    const values = Object.values(attributes).map(({ local: name, value }): [string, string] => [
      name,
      value,
    ])
    const element = growing(local, uri, new Map(values))
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  const addText = (more: string) => {
    const inner = open.at(-1)
    if (inner) inner.text += more
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const element = open.pop()
    if (element) element.text = element.text.trim()
  })
  parser.write(text).close()
  const [root] = top.children
  if (root === undefined) throw new Error('no element')
  return root
}

function growing(name: string, namespace: string, attributes = new Map<string, string>()): Growing {
  return { name, namespace, attributes, children: [], text: '' }
}

/** @returns The elements at a path of names, from the outside in. */
export function allAt(element: XmlElement, ...path: readonly string[]): XmlElement[] {
  let found: XmlElement[] = [element]
  for (const name of path)
    found = found.flatMap(({ children }) => children.filter(child => child.name === name))
  return found
}

/** @returns The elements of this name within, at any depth, in their order. */
export function within(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap(child => [
    ...(child.name === name ? [child] : []),
    ...within(child, name),
  ])
}

/** @returns Text that stands for itself in XML. */
export function escapeXml(text: string): string {
  const codes: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  }
  return text.replaceAll(/[&<>"]/g, character => codes[character] ?? '')
}
