import type { ReactNode } from 'react'
import css from './badge.module.css'

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'accent'

/** A sign before the words, so that no meaning hangs on colour alone. */
const signs: Readonly<Record<Tone, string>> = {
  plain: '',
  good: '✓',
  warn: '!',
  bad: '✕',
  accent: '●',
}

/** A short state of something, in two or three words. */
export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={`${css['badge'] ?? ''} ${css[tone] ?? ''}`}>
      {signs[tone] === '' ? null : <span aria-hidden="true">{signs[tone]}</span>}
      {children}
    </span>
  )
}
