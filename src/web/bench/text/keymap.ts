import { everywhere, spellPress, type KeyPress } from '../core/keys.ts'

/** Everything that a key can ask of the text. */
export type Command =
  | { readonly move: Move; readonly extend: boolean }
  | { readonly edge: 'start' | 'end'; readonly to: 'back' | 'forward'; readonly unit: Step }
  | { readonly label: string }
  | Plain
export type Step = 'grapheme' | 'word' | 'sentence'
export type Move =
  | { readonly to: 'back' | 'forward' | 'left' | 'right'; readonly unit: Step }
  | 'up'
  | 'down'
  | 'pageUp'
  | 'pageDown'
  | 'rowStart'
  | 'rowEnd'
  | 'start'
  | 'end'
export type Plain =
  | 'widen'
  | 'nextSpan'
  | 'previousSpan'
  | 'addPart'
  | 'relate'
  | 'remove'
  | 'undo'
  | 'redo'
  | 'clear'
  | 'search'
  | 'nextHit'
  | 'previousHit'
  | 'attributes'

const plain: Readonly<Record<string, Plain>> = {
  ...everywhere,
  Space: 'widen',
  KeyJ: 'nextSpan',
  KeyK: 'previousSpan',
  KeyA: 'addPart',
  KeyR: 'relate',
  'Ctrl+KeyF': 'search',
  F3: 'nextHit',
  'Shift+F3': 'previousHit',
  Enter: 'attributes',
}

const moves: Readonly<Record<string, Move>> = {
  ArrowLeft: { to: 'left', unit: 'grapheme' },
  ArrowRight: { to: 'right', unit: 'grapheme' },
  'Ctrl+ArrowLeft': { to: 'left', unit: 'word' },
  'Ctrl+ArrowRight': { to: 'right', unit: 'word' },
  'Ctrl+ArrowUp': { to: 'back', unit: 'sentence' },
  'Ctrl+ArrowDown': { to: 'forward', unit: 'sentence' },
  ArrowUp: 'up',
  ArrowDown: 'down',
  PageUp: 'pageUp',
  PageDown: 'pageDown',
  Home: 'rowStart',
  End: 'rowEnd',
  'Ctrl+Home': 'start',
  'Ctrl+End': 'end',
}

/** Keys that a label cannot have. */
export const reservedCodes: ReadonlySet<string> = new Set(Object.keys(plain))

/**
 * What a key asks for, or undefined when it means nothing here. Alt moves the end of the chosen
 * span, Alt and Shift its beginning, with Control by words.
 */
export function commandOf(
  press: KeyPress,
  labels: ReadonlyMap<string, string>,
): Command | undefined {
  const spelled = spellPress(press)
  const simple = plain[spelled]
  if (simple !== undefined) return simple
  const straight = moves[spelled]
  if (straight !== undefined) return { move: straight, extend: false }
  if (press.shift && !press.alt) {
    const extending = moves[spellPress({ ...press, shift: false })]
    if (extending !== undefined) return { move: extending, extend: true }
  }
  if (press.alt && (press.code === 'ArrowLeft' || press.code === 'ArrowRight'))
    return {
      edge: press.shift ? 'start' : 'end',
      to: press.code === 'ArrowLeft' ? 'back' : 'forward',
      unit: press.control ? 'word' : 'grapheme',
    }
  const code = press.code.replace(/^Numpad(\d)$/, 'Digit$1')
  if (press.control || press.alt || press.shift) return undefined
  const label = labels.get(code)
  return label === undefined ? undefined : { label }
}
