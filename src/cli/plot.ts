import { type Plot } from '@cloister/agreement'
import { writeFileSync } from 'node:fs'
import { Fault } from './terminal.ts'

/** Writes a plot, and its table beside it as NAME.table.csv. */
export function writePlot(file: string, { svg, table }: Plot): void {
  const quoted = (cell: string | number) =>
    /[",\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell)
  const rows = [table.columns, ...table.rows].map((row) => row.map(quoted).join(','))
  try {
    writeFileSync(file, svg)
    writeFileSync(file.replace(/[.]svg$/i, '') + '.table.csv', rows.join('\n') + '\n')
  } catch {
    throw new Fault(`${file} cannot be written. Check the folder and your rights.`)
  }
}
