import css from './keys.module.css'

const shown: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Enter: '↵',
  BracketLeft: '[',
  BracketRight: ']',
  Comma: ',',
  Period: '.',
  Equal: '+',
  Minus: '−',
  Delete: 'Del',
  Escape: 'Esc',
}

/**
 * Shows a shortcut, its parts joined by `+`: `Ctrl+Enter`, `Alt+ArrowLeft`, `KeyJ`, `Digit1`.
 * Names are those of physical keys (UI Events KeyboardEvent code values).
 */
export function Keys({ of }: { readonly of: string }) {
  return (
    <span className={css['keys']} dir="ltr">
      {of.split('+').map((part) => (
        <kbd key={part} className={css['key']}>
          {shown[part] ?? part.replace(/^(Key|Digit)/, '')}
        </kbd>
      ))}
    </span>
  )
}
