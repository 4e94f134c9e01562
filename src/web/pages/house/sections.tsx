import { useMemo, type ReactNode } from 'react'
import type { Guideline } from '../../api/bench-api.ts'
import { proseOf, type Piece } from './prose.ts'
import css from './sections.module.css'

/** The sections of a guideline under their headings. */
export function Sections({ of }: { readonly of: Guideline['sections'] }) {
  return of.map(({ title, text }, place) => (
    // Headings may repeat; the text never changes in place.
    <div key={place} dir="auto">
      {title === '' ? null : <h3>{title}</h3>}
      <Prose text={text} />
    </div>
  ))
}

function Prose({ text }: { readonly text: string }) {
  const blocks = useMemo(() => proseOf(text), [text])
  return (
    <div className={css['prose']}>
      {blocks.map((block, place) => {
        if (block.is === 'paragraph') return <p key={place}>{block.pieces.map(shownPiece)}</p>
        const items = block.items.map((item, at) => <li key={at}>{item.map(shownPiece)}</li>)
        return block.ordered ? <ol key={place}>{items}</ol> : <ul key={place}>{items}</ul>
      })}
    </div>
  )
}

function shownPiece({ text, as }: Piece, place: number): ReactNode {
  switch (as) {
    case 'plain':
      return text
    case 'strong':
      return <strong key={place}>{text}</strong>
    case 'emphasis':
      return <em key={place}>{text}</em>
    case 'code':
      return <code key={place}>{text}</code>
  }
}
