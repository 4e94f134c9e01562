import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  type ConvertOptions,
  type LabelSchema,
  type Losses,
  parseLabelConfig,
  parseLabelSchema,
  writeLabelConfig,
} from '@cloister/annotation-formats'
import { Fault } from '../terminal.ts'

/**
 * Reads a label schema of our own (JSON) or a Label Studio configuration (XML). What a configuration
 * says that a schema has no place for is noted as lost.
 */
export async function readSchema(
  path: string,
  losses: Losses,
): Promise<Pick<ConvertOptions, 'schema' | 'controls'>> {
  const text = await readFile(path, 'utf8')
  if (text.trimStart().startsWith('<')) {
    const name = basename(path)
      .replace(/[.][^.]*$/, '')
      .replaceAll(/[\s@]/g, '-')
    return parseLabelConfig(text, name === '' ? 'imported' : name, losses)
  }
  const parsed = parseLabelSchema(parsedJson(text, path))
  if (parsed.ok) return { schema: parsed.value }
  const findings = parsed.findings.map(
    (found) => `${found.path === '' ? '/' : found.path} ${found.message}`,
  )
  throw new Fault(`${path}: ${findings.join('; ')}`)
}

function parsedJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Fault(`${path}: is neither JSON nor XML`)
  }
}

/**
 * A label schema as it is written to this file: the Label Studio configuration that stands for it
 * where the name ends in `.xml`, else our own JSON. What a configuration cannot hold is noted as lost.
 */
export function schemaText(schema: LabelSchema, path: string, losses: Losses): string {
  return path.toLowerCase().endsWith('.xml')
    ? writeLabelConfig(schema, losses)
    : `${JSON.stringify(schema, null, 2)}\n`
}
