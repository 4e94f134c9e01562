import type { ReactNode } from 'react'
import css from './state.module.css'

interface StateProps {
  readonly title: string
  /** What the person can do now. */
  readonly text: string
  readonly children?: ReactNode
}

const signs = { empty: '○', loading: '', refused: '✕' } as const

function State({ kind, title, text, children }: StateProps & { kind: keyof typeof signs }) {
  return (
    <div
      className={`${css['state'] ?? ''} ${css[kind] ?? ''}`}
      role={kind === 'refused' ? 'alert' : 'status'}
      aria-busy={kind === 'loading'}
    >
      <div className={css['sign']} aria-hidden="true">
        {signs[kind]}
      </div>
      <h2>{title}</h2>
      <p className={css['text']}>{text}</p>
      {children}
    </div>
  )
}

/** Nothing is here, and that is in order. */
export function Empty(props: StateProps) {
  return <State kind="empty" {...props} />
}

/** Something is on its way. */
export function Loading(props: StateProps) {
  return <State kind="loading" {...props} />
}

/** The gate refused, or the server failed: which condition, and what to do about it. */
export function Refused(props: StateProps) {
  return <State kind="refused" {...props} />
}

/** What is shown may be out of date; work can go on. */
export function Stale({ text, children }: { readonly text: string; readonly children: ReactNode }) {
  return (
    <div className={css['stale']} role="status">
      <span aria-hidden="true">↻</span>
      <span className={css['words']}>{text}</span>
      {children}
    </div>
  )
}
