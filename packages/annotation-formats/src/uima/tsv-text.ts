/** A sentence as the file shows it: its text and where it begins, in UTF-16. */
export interface Sentence {
  readonly begin: number
  readonly text: string
}

/** The text that sentences make: a line feed, then spaces, stand for what is between them. */
export function textOfSentences(sentences: readonly Sentence[]): string {
  let text = ''
  for (const sentence of sentences) {
    const gap = sentence.begin - text.length
    if (gap > 0) text += (text === '' ? ' ' : '\n') + ' '.repeat(gap - 1)
    text += sentence.text
  }
  return text
}

/** Splits where the separator stands without a backslash before it. */
export function splitPlain(text: string, separator: string): string[] {
  if (!text.includes('\\')) return text.split(separator)
  const parts: string[] = []
  let part = ''
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? ''
    if (sign === separator) {
      parts.push(part)
      part = ''
    } else part += sign === '\\' ? sign + (text[++at] ?? '') : sign
  }
  return [...parts, part]
}

/** The text that a cell, or a line of text, stands for. */
export function unescapeTsv(text: string): string {
  if (!text.includes('\\')) return text
  return text.replaceAll(/\\(->|.)/gs, (_, sign: string) =>
    sign === 't' ? '\t' : sign === 'n' ? '\n' : sign === 'r' ? '\r' : sign,
  )
}

/** A value of a feature as it stands in a cell. */
export function escapeTsv(text: string): string {
  return text
    .replaceAll(/->|[\\[\]|_;*]/g, (sign) => `\\${sign}`)
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
}

/** Text of sentences and tokens: only what would break the line is escaped. */
export function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\r', '\\r')
}
