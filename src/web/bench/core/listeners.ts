/** Who wants to hear that something changed. They are told nothing more, and look for themselves. */
export class Listeners {
  readonly #all = new Set<() => void>()

  /** Calls back after every change. Returns the function that ends it. */
  add(listener: () => void): () => void {
    this.#all.add(listener)
    return () => {
      this.#all.delete(listener)
    }
  }

  tell(): void {
    for (const listener of this.#all) listener()
  }

  clear(): void {
    this.#all.clear()
  }
}
