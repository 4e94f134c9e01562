/** A column of whole numbers that grows; 4 bytes a row. */
export class IntColumn {
  #values: Int32Array<ArrayBuffer> = new Int32Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.#values.length) {
      const longer = new Int32Array(this.length * 2)
      longer.set(this.#values)
      this.#values = longer
    }
    this.#values[this.length++] = value
  }

  at(row: number): number {
    return this.#values[row]
  }

  /** The rows so far; a view that later pushes may leave behind. */
  values(): Int32Array {
    return this.#values.subarray(0, this.length)
  }
}
