import type { ReactNode } from 'react'
import { Badge } from './badge.tsx'
import css from './frame.module.css'
import { useMessages } from './words.tsx'

export interface Place {
  readonly id: string
  readonly words: string
  readonly address: string
}

interface FrameProps {
  /** The workplaces that this person has. */
  readonly places: readonly Place[]
  readonly here: string
  /** The person's code and workstation, never a name. */
  readonly person: string
  readonly demonstration: boolean
  readonly children: ReactNode
}

/** The page around every workplace: what one is using, where one is, who one is. */
export function Frame({ places, here, person, demonstration, children }: FrameProps) {
  const { kit } = useMessages()
  return (
    <div className={css['frame']}>
      <a className={css['skip']} href="#main">
        {kit.skipToWork()}
      </a>
      <header className={css['bar']}>
        <span className={css['name']} translate="no">
          <span className={css['arch']} aria-hidden="true" />
          {kit.product()}
        </span>
        <nav aria-label={kit.workplaces()}>
          <ul className={css['places']}>
            {places.map(({ id, words, address }) => (
              <li key={id}>
                <a href={address} aria-current={id === here ? 'page' : undefined}>
                  {words}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <span className={css['end']}>
          {demonstration ? <Badge tone="warn">{kit.demonstration()}</Badge> : null}
          <bdi>{person}</bdi>
        </span>
      </header>
      <div id="main" className={css['main']} tabIndex={-1}>
        {children}
      </div>
    </div>
  )
}
