import { SaxesParser } from 'saxes'
import { InputFault } from './reading.ts'

/** An element of an XML document, without comments and processing instructions. */
export interface XmlElement {
  /** The name with its prefix, as written. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** The text directly inside, joined. */
  readonly text: string
  /** The line on which its start tag ends. */
  readonly line: number
}

const mostElements = 2_000_000
const deepest = 100

interface Open {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: XmlElement[]
  text: string
  readonly line: number
}

/**
 * Reads a document into elements. Document type declarations are refused, so no entity beyond the
 * five of XML exists; so are more than 100 levels or 2,000,000 elements, and what is not well formed.
 */
export function parseXml(text: string, file: string): XmlElement {
  const parser = new SaxesParser({ position: true, xmlns: false })
  const refuse = (reason: string): never => {
    throw new InputFault(file, `line ${parser.line}`, reason)
  }
  const open: Open[] = [{ name: '', attributes: {}, children: [], text: '', line: 1 }]
  let count = 0
  parser.on('doctype', () => refuse('has a document type declaration; that is not allowed'))
  parser.on('error', () => refuse('is not well-formed XML'))
  parser.on('opentag', ({ name, attributes }) => {
    if (++count > mostElements || open.length > deepest) refuse('has too many or too deep elements')
    open.push({ name, attributes, children: [], text: '', line: parser.line })
  })
  parser.on('text', (piece) => {
    add(open, piece)
  })
  parser.on('cdata', (piece) => {
    add(open, piece)
  })
  parser.on('closetag', () => {
    const closed = open.pop()
    if (closed !== undefined) open.at(-1)?.children.push(closed)
  })
  parser.write(text).close()
  const [root] = open[0]?.children ?? []
  return root ?? refuse('holds no element')
}

function add(open: readonly Open[], piece: string): void {
  const inside = open.at(-1)
  if (inside !== undefined) inside.text += piece
}

/** An attribute of an element, or undefined. */
export function attribute(element: XmlElement, name: string): string | undefined {
  return Object.hasOwn(element.attributes, name) ? element.attributes[name] : undefined
}

/** The element and everything below it, in the order of the document. */
export function* descendants(element: XmlElement): Generator<XmlElement> {
  yield element
  for (const child of element.children) yield* descendants(child)
}

/** The children of this name. */
export function childrenNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name)
}

const characters: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

/**
 * Text as it stands in an attribute or element. Characters that XML 1.0 cannot hold (section 2.2)
 * become U+FFFD; `isXmlText` says beforehand whether there are any.
 */
export function escapeXml(text: string): string {
  return text.replace(notXml, '\ufffd').replace(/[&<>"\t\n\r]/g, (found) => characters[found] ?? '')
}

const notXml = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g

/** True when XML 1.0 can hold the text. */
export function isXmlText(text: string): boolean {
  return text.replace(notXml, '') === text
}

/** One element as text; what is undefined is left out. */
export function xmlTag(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  inside?: string,
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('')
  return inside === undefined ? `<${name}${written}/>` : `<${name}${written}>${inside}</${name}>`
}
