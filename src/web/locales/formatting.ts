/** What the compiled messages of one language call: the platform's own Intl, made once and kept. */
export interface Formatting {
  /** A number in the language's digits; text wrapped in direction isolates. */
  value(value: string | number): string
  number(value: number, style: '' | 'integer' | 'percent'): string
  date(value: Date, style: DateStyle): string
  time(value: Date, style: DateStyle): string
  select(value: string, options: Readonly<Record<string, () => string>>): string
  plural(
    value: number,
    offset: number,
    type: Intl.PluralRuleType,
    options: Readonly<Record<string, (n: string) => string>>,
  ): string
}
type DateStyle = 'short' | 'medium' | 'long' | 'full'

const numberStyles: Record<string, Intl.NumberFormatOptions> = {
  '': {},
  integer: { maximumFractionDigits: 0 },
  percent: { style: 'percent', maximumFractionDigits: 1 },
}

/**
 * The formatting of one language. Text arguments come back between FSI and PDI (Unicode Standard
 * Annex 9, section 2.4.2), so that a name in another script cannot reorder the sentence around it.
 */
export function formatting(language: string): Formatting {
  const kept = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.PluralRules>()
  const keep = <T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.PluralRules>(
    name: string,
    kind: abstract new (...args: never[]) => T,
    make: () => T,
  ): T => {
    const known = kept.get(name)
    if (known instanceof kind) return known
    const made = make()
    kept.set(name, made)
    return made
  }
  const number = (value: number, style: string) =>
    keep(
      `number ${style}`,
      Intl.NumberFormat,
      () => new Intl.NumberFormat(language, numberStyles[style]),
    ).format(value)
  const choose = (options: Readonly<Record<string, (n: string) => string>>, ...names: string[]) => {
    for (const name of [...names, 'other']) {
      const option = Object.hasOwn(options, name) ? options[name] : undefined
      if (option !== undefined) return option
    }
    throw new Error('The catalogue compiler lets no message pass without its form "other".')
  }
  return {
    value: (value) => (typeof value === 'number' ? number(value, '') : `\u2068${value}\u2069`),
    number,
    date: (value, style) =>
      keep(
        `date ${style}`,
        Intl.DateTimeFormat,
        () => new Intl.DateTimeFormat(language, { dateStyle: style }),
      ).format(value),
    time: (value, style) =>
      keep(
        `time ${style}`,
        Intl.DateTimeFormat,
        () => new Intl.DateTimeFormat(language, { timeStyle: style }),
      ).format(value),
    select: (value, options) => choose(options, value)(''),
    plural: (value, offset, type, options) => {
      const rules = keep(type, Intl.PluralRules, () => new Intl.PluralRules(language, { type }))
      const counted = value - offset
      return choose(options, `=${String(value)}`, rules.select(counted))(number(counted, ''))
    },
  }
}
