import { Refusal } from '../refusal.ts'
import { escapeText, measured, place, type Plot, shorten, svgDocument, text } from './svg.ts'

/**
 * A heat map of what was taken for what: `matrix[k][l]` says how often category k met category l.
 * Colour is the share within the row, so that rare categories can be read too; the number stands in
 * the cell. At most 60 categories.
 */
export function confusionPlot(
  categories: readonly string[],
  matrix: readonly (readonly number[])[],
): Plot {
  const size = categories.length
  if (size > 60) throw new Refusal(`${size} categories do not fit in one picture; at most 60 do.`)
  if (matrix.length !== size || matrix.some((row) => row.length !== size))
    throw new Refusal('The matrix needs one row and one column for each category.')
  const cell = size > 24 ? 26 : 44
  const longest = Math.max(4, ...categories.map((name) => Math.min(18, Array.from(name).length)))
  const left = 24 + longest * 7
  const top = 40 + longest * 5
  const parts = categories.flatMap((name, k) => {
    const y = top + k * cell
    const x = left + k * cell
    const turned = ` transform="rotate(-40 ${place(x + cell / 2)} ${place(top - 8)})"`
    return [
      text(left - 8, y + cell / 2 + 4, shorten(name, 18), 'end'),
      text(x + cell / 2, top - 8, shorten(name, 18), 'start', turned),
    ]
  })
  matrix.forEach((row, k) => {
    const total = row.reduce((sum, count) => sum + count, 0)
    row.forEach((count, l) => {
      const share = total > 0 ? count / total : 0
      const [x, y] = [left + l * cell, top + k * cell]
      const words = `${categories[k]} and ${categories[l]}: ${rounded(count)}`
      parts.push(
        `<rect x="${place(x + 1)}" y="${place(y + 1)}" width="${cell - 2}" height="${cell - 2}" rx="3" fill="${measured}" fill-opacity="${place(0.06 + 0.94 * share)}"><title>${escapeText(words)}</title></rect>`,
      )
      if (count > 0) {
        const colour = share > 0.62 ? ' fill="#ffffff"' : ''
        const small = ` font-size="${size > 24 ? 8 : 11}" pointer-events="none"`
        parts.push(text(x + cell / 2, y + cell / 2 + 4, short(count), 'middle', colour + small))
      }
    })
  })
  const width = left + size * cell + Math.max(24, longest * 5)
  return {
    svg: svgDocument(width, top + size * cell + 16, 'What was taken for what', parts),
    table: {
      columns: ['category', ...categories],
      rows: matrix.map((row, k) => [categories[k], ...row]),
    },
  }
}

function rounded(count: number): number {
  return Math.round(count * 100) / 100
}

function short(count: number): string {
  if (count >= 10_000) return `${Math.round(count / 1000)}k`
  return count >= 10 ? String(Math.round(count)) : String(Math.round(count * 10) / 10)
}
