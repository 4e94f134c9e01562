/**
 * The cheapest one-to-one assignment of rows to columns (Kuhn 1955; shortest augmenting paths after
 * Jonker & Volgenant 1987). `costs` has equally long rows; with more rows than columns, or fewer,
 * what is over stays without partner. Answers for each row its column, or −1. Cubic time.
 */
export function assignCheapest(costs: readonly (readonly number[])[]): number[] {
  const rows = costs.length
  const columns = rows === 0 ? 0 : costs[0].length
  if (rows > columns) {
    const turned = Array.from({ length: columns }, (_, c) => costs.map((row) => row[c]))
    const byColumn = assignCheapest(turned)
    const answer = new Array<number>(rows).fill(-1)
    byColumn.forEach((row, column) => {
      if (row >= 0) answer[row] = column
    })
    return answer
  }
  const forRow = new Float64Array(rows + 1)
  const forColumn = new Float64Array(columns + 1)
  // Column 0 stands for the row that is being placed.
  const rowOf = new Int32Array(columns + 1)
  for (let row = 1; row <= rows; row++) {
    rowOf[0] = row
    let column = 0
    const least = new Float64Array(columns + 1).fill(Infinity)
    const before = new Int32Array(columns + 1)
    const done = new Uint8Array(columns + 1)
    do {
      done[column] = 1
      const here = rowOf[column]
      let step = Infinity
      let next = 0
      for (let c = 1; c <= columns; c++) {
        if (done[c] === 1) continue
        const reduced = costs[here - 1][c - 1] - forRow[here] - forColumn[c]
        if (reduced < least[c]) {
          least[c] = reduced
          before[c] = column
        }
        if (least[c] < step) {
          step = least[c]
          next = c
        }
      }
      for (let c = 0; c <= columns; c++)
        if (done[c] === 1) {
          forRow[rowOf[c]] += step
          forColumn[c] -= step
        } else least[c] -= step
      column = next
    } while (rowOf[column] !== 0)
    while (column !== 0) {
      rowOf[column] = rowOf[before[column]]
      column = before[column]
    }
  }
  const answer = new Array<number>(rows).fill(-1)
  for (let c = 1; c <= columns; c++) if (rowOf[c] > 0) answer[rowOf[c] - 1] = c - 1
  return answer
}
