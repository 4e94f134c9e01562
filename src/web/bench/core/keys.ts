import type { Label } from '@cloister/annotation-formats'

/** A press of a physical key: `code` as UI Events names it, whatever letter is printed there. */
export interface KeyPress {
  readonly code: string
  readonly shift: boolean
  /** Control, or Command on a Mac. */
  readonly control: boolean
  readonly alt: boolean
}

/** The press as its keymap spells it: `Ctrl+Shift+KeyZ`, in this order. */
export function spellPress({ code, shift, control, alt }: KeyPress): string {
  return `${control ? 'Ctrl+' : ''}${alt ? 'Alt+' : ''}${shift ? 'Shift+' : ''}${code}`
}

/** The keys that mean the same in every kind of item. */
export const everywhere = {
  Delete: 'remove',
  Backspace: 'remove',
  'Ctrl+KeyZ': 'undo',
  'Ctrl+Shift+KeyZ': 'redo',
  'Ctrl+KeyY': 'redo',
  Escape: 'clear',
} as const

/** What a browser's keyboard event says, reduced to the key. */
export function pressOf(event: {
  readonly code: string
  readonly shiftKey: boolean
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
}): KeyPress {
  return {
    code: event.code,
    shift: event.shiftKey,
    control: event.ctrlKey || event.metaKey,
    alt: event.altKey,
  }
}

/** Keys for labels that name none, in the order in which fingers find them. */
const spare = '1234567890QWETYUIOPVNM'

/**
 * Gives every label its key: the shortcut of the schema where it is free, else the next spare one.
 * Labels past the last spare key have none and are chosen from the palette.
 */
export function labelKeys(
  labels: readonly Label[],
  taken: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const codes = new Map<string, string>()
  const used = new Set(taken)
  const take = (label: Label, sign: string) => {
    const code = /^\d$/.test(sign) ? `Digit${sign}` : `Key${sign.toUpperCase()}`
    if (!/^[0-9a-z]$/i.test(sign) || used.has(code)) return false
    used.add(code)
    codes.set(label.name, code)
    return true
  }
  for (const label of labels) if (label.shortcut !== undefined) take(label, label.shortcut)
  const signs = Array.from(spare)
  for (const label of labels) {
    if (codes.has(label.name)) continue
    let sign = signs.shift()
    while (sign !== undefined && !take(label, sign)) sign = signs.shift()
  }
  return codes
}
