import type { Value } from '../model.ts'
import { isObject } from '../checked.ts'
import { documentReader } from '../documents.ts'
import { InputFault, type Reader } from '../reading.ts'
import { type Cas, itemOfCas, objectIn, plainValue, type Structure } from './cas.ts'

/**
 * Reads UIMA CAS JSON 0.4.0, feature structures as a list or as an object, one document a file. The
 * first view with a text is read.
 */
export const readCasJson: Reader = documentReader((text, file, options) =>
  itemOfCas('json', text, parseCasJson(text, file), file, options),
)

/** The CAS in a JSON file; what is none is a fault. */
export function parseCasJson(text: string, file: string): Cas & { readonly types: JsonTypes } {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new InputFault(file, '', 'is not JSON')
  }
  const whole = objectIn(parsed, 'JSON object', file)
  const all = whole['%FEATURE_STRUCTURES'] ?? []
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
    text: typeof sofa?.['sofaString'] === 'string' ? sofa['sofaString'] : undefined,
    types: isObject(whole['%TYPES']) ? whole['%TYPES'] : {},
    structures: structures
      .filter((each) => each['%TYPE'] !== 'uima.cas.Sofa')
      .map((each) => structureOf(each, arrays, file)),
  }
}

/** The types that a file declares, by name. */
export type JsonTypes = Readonly<Record<string, unknown>>

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
