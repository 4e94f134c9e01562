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
  /** A way to a workplace; it marks itself with `aria-current` where one is. */
  readonly link: (place: Place) => ReactNode
  /** Said on every page of a demonstration; null elsewhere. */
  readonly notice: string | null
  /** Who one is, at the end of the bar. */
  readonly end: ReactNode
  readonly children: ReactNode
}

/** The page around every workplace: what one is using, where one is, who one is. */
export function Frame({ places, link, notice, end, children }: FrameProps) {
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
            {places.map((place) => (
              <li key={place.id}>{link(place)}</li>
            ))}
          </ul>
        </nav>
        <span className={css['end']}>
          {notice === null ? null : (
            <span title={notice}>
              <Badge tone="warn">{kit.demonstration()}</Badge>
            </span>
          )}
          {end}
        </span>
      </header>
      <div id="main" className={css['main']} tabIndex={-1}>
        {children}
      </div>
    </div>
  )
}
