import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode } from 'react'
import css from './button.module.css'
import { Keys } from './keys.tsx'

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'type'> {
  /** One primary button to a screen; `danger` for what destroys or sends back. */
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger'
  readonly small?: boolean
  /** The shortcut that does the same, shown behind the words: `Ctrl+Enter`. */
  readonly keys?: string
  readonly submit?: boolean
  readonly children: ReactNode
}

/** A button. It never submits a form unless told to with `submit`. */
export function Button({ kind = 'plain', small, keys, submit, children, ...rest }: ButtonProps) {
  const classes = [css['button'], css[kind], small === true ? css['small'] : '']
  return (
    <button
      {...rest}
      type={submit === true ? 'submit' : 'button'}
      className={classes.join(' ')}
      aria-keyshortcuts={keys?.replace('Ctrl', 'Control')}
    >
      {children}
      {keys === undefined ? null : (
        <span aria-hidden="true">
          <Keys of={keys} />
        </span>
      )}
    </button>
  )
}

interface ButtonLinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'className'> {
  readonly kind?: ButtonProps['kind']
}

/** A link that is an act, such as a download, and looks like one. */
export function ButtonLink({ kind = 'plain', ...rest }: ButtonLinkProps) {
  return <a {...rest} className={`${css['button'] ?? ''} ${css[kind] ?? ''}`} />
}
