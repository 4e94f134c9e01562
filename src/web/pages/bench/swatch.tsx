import type { LabelColour } from '../../bench/core/colours.ts'
import css from './bench.module.css'

/** A label's colour, beside its name. */
export function Swatch({ colour }: { readonly colour: LabelColour }) {
  const classes = [css['swatch'], colour.dashed ? css['dashed'] : '']
  return <span className={classes.join(' ')} aria-hidden="true" style={{ color: colour.css }} />
}
