import { isObject } from '../checked.ts'
import { documentWriter } from '../documents.ts'
import { fileNameOf } from '../names.ts'
import type { Writer } from '../writing.ts'
import type { Structure } from './cas.ts'
import { casOf, typesOf, type UsedType, type WrittenCas } from './cas-write.ts'

/**
 * Writes UIMA CAS JSON 0.4.0 for each item: the file that it was read from while that says the same,
 * else one with the types that it uses.
 */
export const writeCasJson: Writer = documentWriter(({ out, losses }) => ({
  write(item) {
    const cas = casOf('json', item, losses)
    if (cas === undefined) return false
    out(`${fileNameOf(item.item_ref, losses)}.json`, cas.file ?? documentOf(cas))
    return true
  },
}))

function documentOf({ text, structures, types }: WrittenCas): string {
  const sofa = {
    '%ID': 1,
    '%TYPE': 'uima.cas.Sofa',
    sofaNum: 1,
    sofaID: '_InitialView',
    mimeType: 'text',
    sofaString: text,
  }
  const cas = {
    '%TYPES': Object.fromEntries(
      [...typesOf(structures)].map(([name, type]) => [name, described(name, type, types[name])]),
    ),
    '%FEATURE_STRUCTURES': [sofa, ...structures.map(structureJson)],
    '%VIEWS': {
      _InitialView: { '%SOFA': 1, '%MEMBERS': structures.map(({ id }) => Number(id)) },
    },
  }
  return `${JSON.stringify(cas, null, 1)}\n`
}

function structureJson({
  id,
  type,
  begin,
  end,
  features,
  references,
}: Structure): Record<string, unknown> {
  const joined = Object.entries(references).map(([name, [to]]): [string, unknown] => [
    `@${name}`,
    Number(to),
  ])
  return {
    '%ID': Number(id),
    '%TYPE': type,
    '@sofa': 1,
    begin,
    end,
    ...features,
    ...Object.fromEntries(joined),
  }
}

/** A type as a file declared it, with what it lacks; else as its features need it. */
function described(
  name: string,
  { parent, features }: UsedType,
  declared: unknown,
): Record<string, unknown> {
  const needed = [...features].map(([feature, range]): [string, unknown] => [
    feature,
    { '%NAME': feature, '%RANGE': range },
  ])
  return {
    '%NAME': name,
    '%SUPER_TYPE': parent,
    ...Object.fromEntries(needed),
    ...(isObject(declared) ? declared : {}),
  }
}
