import type { Value } from '../model.ts'
import { isObject } from '../checked.ts'
import { fileNameOf } from '../names.ts'
import { documentReader } from '../documents.ts'
import { InputFault, type Reader } from '../reading.ts'
import type { Writer } from '../writing.ts'
import { casOf, itemOfCas, objectIn, plainValue, type Structure, typesOf } from './cas.ts'

/**
 * Reads UIMA CAS JSON 0.4.0, feature structures as a list or as an object, one document a file. The
 * first view with a text is read.
 */
export const readCasJson: Reader = documentReader((text, file, options) => {
  const { sofa, sofaText, structures } = parseCas(text, file)
  return itemOfCas(sofaText, sofa, structures, file, options)
})

function parseCas(text: string, file: string) {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new InputFault(file, '', 'is not JSON')
  }
  const all = objectIn(parsed, 'JSON object', file)['%FEATURE_STRUCTURES'] ?? []
  const list: unknown[] = Array.isArray(all)
    ? all
    : Object.entries(objectIn(all, '%FEATURE_STRUCTURES', file)).map(([id, each]) => ({
        ...objectIn(each, 'feature structure', file),
        '%ID': Number(id),
      }))
  const structures = list.map((each) => objectIn(each, 'feature structure', file))
  const arrays = new Map(
    structures.flatMap((each) =>
      Array.isArray(each['%ELEMENTS'])
        ? [[idOf(each['%ID']), each['%ELEMENTS'].map(idOf)] as const]
        : [],
    ),
  )
  const sofa = structures.find((each) => typeof each['sofaString'] === 'string')
  return {
    sofa: sofa === undefined ? '' : idOf(sofa['%ID']),
    sofaText: typeof sofa?.['sofaString'] === 'string' ? sofa['sofaString'] : '',
    structures: structures
      .filter((each) => each['%TYPE'] !== 'uima.cas.Sofa')
      .map((each) => structureOf(each, arrays, file)),
  }
}

function idOf(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : ''
}

function structureOf(
  of: Record<string, unknown>,
  arrays: ReadonlyMap<string, string[]>,
  file: string,
): Structure {
  const { '%ID': id, '%TYPE': type, begin, end, '@sofa': sofa } = of
  if (typeof type !== 'string' || idOf(id) === '')
    throw new InputFault(file, '', 'has a feature structure without %ID or %TYPE')
  const features: [string, Value][] = []
  const references: [string, string[]][] = []
  for (const [name, value] of Object.entries(of)) {
    if (['%ID', '%TYPE', '%ELEMENTS', '%FLAGS', 'begin', 'end', '@sofa'].includes(name)) continue
    const plain = plainValue(value)
    if (name.startsWith('@'))
      references.push([name.slice(1), arrays.get(idOf(value)) ?? [idOf(value)]])
    else if (plain !== undefined) features.push([name.replace(/^[#^]/, ''), plain])
    else if (isObject(value) && Array.isArray(value['%ELEMENTS']))
      references.push([name, value['%ELEMENTS'].map(idOf)])
  }
  const place = typeof begin === 'number' && typeof end === 'number' ? { begin, end } : {}
  const view = sofa === undefined ? {} : { sofa: idOf(sofa) }
  return {
    id: idOf(id),
    type,
    ...place,
    ...view,
    features: Object.fromEntries(features),
    references: Object.fromEntries(references),
  }
}

/** Writes UIMA CAS JSON 0.4.0 for each item, with the types that it uses. */
export const writeCasJson: Writer = ({ out, losses }) => {
  const written = new Set<string>()
  return {
    add(item) {
      if (written.has(item.item_ref)) {
        losses.note('several-annotations', item.item_ref)
        return
      }
      const cas = casOf(item, losses)
      if (cas === undefined) return
      written.add(item.item_ref)
      const types = Object.fromEntries(
        [...typesOf(cas.structures)].map(([name, features]) => [name, described(name, features)]),
      )
      const sofa = {
        '%ID': 1,
        '%TYPE': 'uima.cas.Sofa',
        sofaNum: 1,
        sofaID: '_InitialView',
        mimeType: 'text',
        sofaString: cas.text,
      }
      const structures = cas.structures.map(({ id, type, begin, end, features, references }) => ({
        '%ID': Number(id),
        '%TYPE': type,
        '@sofa': 1,
        begin,
        end,
        ...features,
        ...Object.fromEntries(
          Object.entries(references).map(([name, [to]]) => [`@${name}`, Number(to)]),
        ),
      }))
      const views = {
        _InitialView: { '%SOFA': 1, '%MEMBERS': cas.structures.map(({ id }) => Number(id)) },
      }
      out(
        `${fileNameOf(item.item_ref)}.json`,
        `${JSON.stringify({ '%TYPES': types, '%FEATURE_STRUCTURES': [sofa, ...structures], '%VIEWS': views }, null, 1)}\n`,
      )
    },
    end() {
      // Every file is whole when it is written.
    },
  }
}

function described(name: string, features: ReadonlyMap<string, string>): Record<string, unknown> {
  const type: Record<string, unknown> = { '%NAME': name, '%SUPER_TYPE': 'uima.tcas.Annotation' }
  for (const [feature, range] of features) type[feature] = { '%NAME': feature, '%RANGE': range }
  return type
}
