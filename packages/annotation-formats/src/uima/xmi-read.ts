import type { Value } from '../model.ts'
import { documentReader } from '../documents.ts'
import { InputFault, type Reader } from '../reading.ts'
import { attribute, parseXml, type XmlElement } from '../xml.ts'
import { type Cas, itemOfCas, type Structure } from './cas.ts'

/**
 * Reads UIMA XMI, one document a file; the type system beside it is not needed, because what an
 * attribute refers to is known by its ids. Numbers and truth values are read as text.
 */
export const readXmi: Reader = documentReader(
  (text, file, options) => itemOfCas('xmi', text, parseXmi(text, file), file, options),
  { isDocument: (file) => !/(^|\/)TypeSystem[.]xml$/i.test(file) },
)

/** The CAS in an XMI file; what is none is a fault. */
export function parseXmi(text: string, file: string): Cas {
  const root = parseXml(text, file)
  if (root.name !== 'xmi:XMI') throw new InputFault(file, '', 'is no XMI')
  const sofa = root.children.find(({ name }) => name === 'cas:Sofa')
  const ids = new Set(root.children.map((each) => attribute(each, 'xmi:id') ?? ''))
  const structures = root.children
    .filter(({ name }) => !name.startsWith('cas:'))
    .map((each) => structureOf(each, root, ids, file))
  const [id, plain] = ['xmi:id', 'sofaString'].map((name) =>
    sofa === undefined ? undefined : attribute(sofa, name),
  )
  return { text: plain, sofa: id ?? '', structures }
}

/** Features of these layers that are references; any other number is taken for a number. */
const referring =
  /^(Governor|Dependent|target|next|first|links?|pos|lemma|stem|morph|parent)$|Links?$/i

function structureOf(
  element: XmlElement,
  root: XmlElement,
  ids: ReadonlySet<string>,
  file: string,
): Structure {
  const id = attribute(element, 'xmi:id')
  if (id === undefined) throw new InputFault(file, '', 'has an element without xmi:id')
  const features: [string, Value][] = []
  const references: [string, string[]][] = []
  for (const [name, value] of Object.entries(element.attributes)) {
    if (['xmi:id', 'sofa', 'begin', 'end'].includes(name)) continue
    const words = value.split(' ')
    if (referring.test(name) && words.every((word) => ids.has(word))) references.push([name, words])
    else features.push([name, value])
  }
  const [begin, end] = ['begin', 'end'].map((name) =>
    Number(attribute(element, name) ?? Number.NaN),
  )
  const place =
    Number.isInteger(begin) && Number.isInteger(end)
      ? { begin: Number(begin), end: Number(end) }
      : {}
  const sofa = attribute(element, 'sofa')
  return {
    id,
    type: typeName(element.name, root),
    ...place,
    ...(sofa === undefined ? {} : { sofa }),
    features: Object.fromEntries(features),
    references: Object.fromEntries(references),
    // Lists of texts and numbers stand inside the element.
    ...(element.children.length === 0 ? {} : { more: true }),
  }
}

/** The UIMA type of an element: its namespace is `http:///` and the package with slashes, `.ecore`. */
function typeName(name: string, root: XmlElement): string {
  const [prefix = '', local = ''] = name.split(':')
  const [, path = ''] =
    /^http:\/\/\/(.*)[.]ecore$/.exec(attribute(root, `xmlns:${prefix}`) ?? '') ?? []
  return `${path.replaceAll('/', '.')}.${local}`
}
