import { documentWriter } from '../documents.ts'
import { fileNameOf } from '../names.ts'
import { textOf } from '../values.ts'
import type { Writer } from '../writing.ts'
import { isXmlText, xmlTag } from '../xml.ts'
import type { Structure } from './cas.ts'
import { casOf, typesOf, type UsedType } from './cas-write.ts'

/**
 * Writes XMI for each item: the file that it was read from while that says the same. Beside them
 * stands one `TypeSystem.xml` with the types that all of them use.
 */
export const writeXmi: Writer = documentWriter(({ out, losses }) => {
  const types = new Map<string, UsedType>()
  return {
    write(item) {
      const cas = casOf('xmi', item, losses)
      if (cas === undefined) return false
      addTypes(types, cas.structures)
      const name = `${fileNameOf(item.item_ref, losses)}.xmi`
      if (cas.file !== undefined) {
        out(name, cas.file)
        return true
      }
      for (const { features } of cas.structures)
        if (Object.values(features).some((value) => typeof value !== 'string'))
          losses.note('values', item.item_ref)
      const texts = cas.structures.flatMap(({ features }) => Object.values(features).map(textOf))
      if (![cas.text, ...texts].every(isXmlText)) losses.note('values', item.item_ref)
      out(name, documentOf(cas.text, cas.structures))
      return true
    },
    end() {
      out('TypeSystem.xml', typeSystem(types))
    },
  }
})

/** The types of one more document. Values are declared as text, which is how the reader takes them. */
function addTypes(types: Map<string, UsedType>, structures: readonly Structure[]): void {
  for (const [name, { parent, features }] of typesOf(structures)) {
    const known = types.get(name) ?? { parent, features: new Map() }
    for (const [feature, range] of features)
      if (known.features.get(feature) !== 'uima.cas.FSArray')
        known.features.set(feature, /Array$|Annotation$/.test(range) ? range : 'uima.cas.String')
    types.set(name, known)
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

function typeSystem(types: ReadonlyMap<string, UsedType>): string {
  const element = (name: string, inside: string) => xmlTag(name, {}, inside)
  const described = [...types].map(([name, { parent, features }]) => {
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
        element('supertypeName', parent) +
        element('features', each.join('')),
    )
  })
  const inside = element('types', `\n${described.map((line) => `  ${line}\n`).join('')}`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlTag('typeSystemDescription', { xmlns: 'http://uima.apache.org/resourceSpecifier' }, inside)}\n`
}
