import css from './progress.module.css'

interface ProgressProps {
  readonly name: string
  /** What stands at the end of the line: "37 of 120". */
  readonly words: string
  readonly done: number
  readonly of: number
}

/** How far something has come. An `of` of 0 shows an empty bar. */
export function Progress({ name, words, done, of }: ProgressProps) {
  const share = of <= 0 ? 0 : Math.min(1, Math.max(0, done / of))
  return (
    <div
      className={css['progress']}
      role="progressbar"
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={of}
      aria-valuenow={done}
      aria-valuetext={words}
    >
      <span>{name}</span>
      <span className={css['value']}>{words}</span>
      <div className={css['track']}>
        <div className={css['bar']} style={{ inlineSize: `${share * 100}%` }} />
      </div>
    </div>
  )
}
