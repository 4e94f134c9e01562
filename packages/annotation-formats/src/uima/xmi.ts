import type { Item, Value } from '../model.ts'
import { fileNameOf } from '../names.ts'
import { documentReader } from '../documents.ts'
import { InputFault, type Reader, type ReadOptions } from '../reading.ts'
import { textOf } from '../values.ts'
import type { Writer } from '../writing.ts'
import { attribute, isXmlText, parseXml, type XmlElement, xmlTag } from '../xml.ts'
import { casOf, itemOfCas, type Structure, typesOf } from './cas.ts'

/**
 * Reads UIMA XMI, one document a file; the type system beside it is not needed, because what an
 * attribute refers to is known by its ids. Numbers and truth values are read as text.
 */
export const readXmi: Reader = documentReader(readDocument, {
  isDocument: (file) => !/(^|\/)TypeSystem[.]xml$/i.test(file),
})

function readDocument(text: string, file: string, options: ReadOptions): Item {
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
  return itemOfCas(plain ?? '', id ?? '', structures, file, options)
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
  }
}

/** The UIMA type of an element: its namespace is `http:///` and the package with slashes, `.ecore`. */
function typeName(name: string, root: XmlElement): string {
  const [prefix = '', local = ''] = name.split(':')
  const [, path = ''] =
    /^http:\/\/\/(.*)[.]ecore$/.exec(attribute(root, `xmlns:${prefix}`) ?? '') ?? []
  return `${path.replaceAll('/', '.')}.${local}`
}

/** Writes XMI for each item, and one `TypeSystem.xml` for all. */
export const writeXmi: Writer = ({ out, losses }) => {
  const written = new Set<string>()
  const types = new Map<string, Map<string, string>>()
  return {
    add(item) {
      if (written.has(item.item_ref)) {
        losses.note('several-annotations', item.item_ref)
        return
      }
      const cas = casOf(item, losses)
      if (cas === undefined) return
      written.add(item.item_ref)
      for (const [name, features] of typesOf(cas.structures)) {
        const known = types.get(name) ?? new Map<string, string>()
        // The reader takes all for text, and types that differ between documents would clash.
        for (const [feature, range] of features)
          known.set(feature, range === 'uima.tcas.Annotation' ? range : 'uima.cas.String')
        types.set(name, known)
      }
      for (const { features } of cas.structures)
        if (Object.values(features).some((value) => typeof value !== 'string'))
          losses.note('values', item.item_ref)
      const texts = cas.structures.flatMap(({ features }) => Object.values(features).map(textOf))
      if (![cas.text, ...texts].every(isXmlText)) losses.note('values', item.item_ref)
      out(`${fileNameOf(item.item_ref)}.xmi`, documentOf(cas.text, cas.structures))
    },
    end() {
      out('TypeSystem.xml', typeSystem(types))
    },
  }
}

function documentOf(text: string, structures: readonly Structure[]): string {
  const packages = new Map<string, string>()
  for (const { type } of structures) {
    const name = type.slice(0, type.lastIndexOf('.'))
    if (!packages.has(name)) packages.set(name, `t${packages.size}`)
  }
  const head: Record<string, string> = {
    'xmlns:xmi': 'http://www.omg.org/XMI',
    'xmlns:cas': 'http:///uima/cas.ecore',
  }
  for (const [name, prefix] of packages)
    head[`xmlns:${prefix}`] = `http:///${name.replaceAll('.', '/')}.ecore`
  head['xmi:version'] = '2.0'
  const lines = structures.map(({ id, type, begin, end, features, references }) => {
    const cut = type.lastIndexOf('.')
    const plain = Object.fromEntries(
      Object.entries(features).map(([name, value]) => [name, textOf(value)]),
    )
    const joined = Object.fromEntries(
      Object.entries(references).map(([name, ids]) => [name, ids.join(' ')]),
    )
    return xmlTag(`${packages.get(type.slice(0, cut)) ?? ''}:${type.slice(cut + 1)}`, {
      'xmi:id': id,
      sofa: 1,
      begin,
      end,
      ...plain,
      ...joined,
    })
  })
  const members = structures.map(({ id }) => id).join(' ')
  const inside = [
    xmlTag('cas:NULL', { 'xmi:id': 0 }),
    ...lines,
    xmlTag('cas:Sofa', {
      'xmi:id': 1,
      sofaNum: 1,
      sofaID: '_InitialView',
      mimeType: 'text',
      sofaString: text,
    }),
    xmlTag('cas:View', { sofa: 1, members }),
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlTag('xmi:XMI', head, `\n${inside.map((line) => `  ${line}\n`).join('')}`)}\n`
}

function typeSystem(types: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  const element = (name: string, inside: string) => xmlTag(name, {}, inside)
  const described = [...types].map(([name, features]) => {
    const each = [...features].map(([feature, range]) =>
      element(
        'featureDescription',
        element('name', feature) + element('description', '') + element('rangeTypeName', range),
      ),
    )
    return element(
      'typeDescription',
      element('name', name) +
        element('description', '') +
        element('supertypeName', 'uima.tcas.Annotation') +
        element('features', each.join('')),
    )
  })
  const inside = element('types', `\n${described.map((line) => `  ${line}\n`).join('')}`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlTag('typeSystemDescription', { xmlns: 'http://uima.apache.org/resourceSpecifier' }, inside)}\n`
}
