import { Document, isMap, isSeq, parseDocument, type YAMLMap } from 'yaml'
import type { Acceptance } from './site.ts'

/**
 * Writes an acceptance into the text of a site file and leaves every other character as it is. One
 * for the same rule and subject is replaced. The text must be a valid site file; hold the answer
 * against `parseSite` before it is saved.
 */
export function acceptInText(text: string, acceptance: Acceptance): string {
  const { finding, subject, reason, by, until } = acceptance
  const line = flow({ finding, subject, reason, by, until })
  const list = parseDocument(text).get('accepted', true)
  if (!isSeq(list) || list.items.length === 0) {
    const rest = isSeq(list) ? parseDocument(text) : null
    rest?.delete('accepted')
    const before = rest === null ? text : rest.toString(layout)
    return `${before}${before.endsWith('\n') ? '' : '\n'}\naccepted:\n  - ${line}\n`
  }
  if (list.flow === true) return rewrite(text, acceptance)
  const items = list.items.filter((item): item is YAMLMap => isMap(item))
  const same = items.find(
    (item) => item.get('finding') === finding && item.get('subject') === subject,
  )
  const [start = 0, end = 0] = (same ?? items.at(-1))?.range ?? []
  if (same !== undefined) return text.slice(0, start) + line + text.slice(end)
  const indent = text.slice(text.lastIndexOf('\n', start) + 1, start).replace(/-.*$/, '')
  const next = text.indexOf('\n', end - 1)
  const at = next === -1 ? text.length : next + 1
  const joint = next === -1 ? '\n' : ''
  return `${text.slice(0, at)}${joint}${indent}- ${line}\n${text.slice(at)}`
}

/** A list that stands on one line has no place for another; the file is written anew, comments kept. */
function rewrite(text: string, acceptance: Acceptance): string {
  const document = parseDocument(text)
  const list = document.get('accepted')
  if (isSeq(list)) {
    list.items = list.items.filter(
      (item) =>
        !isMap(item) ||
        item.get('finding') !== acceptance.finding ||
        item.get('subject') !== acceptance.subject,
    )
    list.add(document.createNode({ ...acceptance }))
  }
  return document.toString(layout)
}

function flow(entry: Record<string, string>): string {
  const document = new Document(entry)
  if (isMap(document.contents)) document.contents.flow = true
  return document.toString(layout).trim()
}

/** A site file is a table: its lines stay as long as they are. */
export const layout = { lineWidth: 0 } as const
