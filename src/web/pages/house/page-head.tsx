import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import house from './house.module.css'

interface PageHeadProps {
  readonly title: ReactNode
  readonly text?: ReactNode
  /** The page above this one. */
  readonly back?: { readonly to: string; readonly words: string }
  /** A state of the whole, or the one act of the page. */
  readonly children?: ReactNode
}

/** Where one is, what that is for, and the way back. */
export function PageHead({ title, text, back, children }: PageHeadProps) {
  return (
    <div className={house['head']}>
      <div>
        {back === undefined ? null : (
          <Link className={house['back']} to={back.to}>
            {back.words}
          </Link>
        )}
        <h1>
          <bdi>{title}</bdi>
        </h1>
        {text === undefined ? null : <p className={house['intro']}>{text}</p>}
      </div>
      {children}
    </div>
  )
}
