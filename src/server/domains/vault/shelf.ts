/** Opened keys stay in memory this long, in milliseconds, and at most this many of them on one shelf. */
const keptFor = 60_000
const keptAtMost = 4000

/**
 * Opened keys by name, for a minute. Whoever has one from here uses it within the same turn of the
 * event loop, waiting for nothing but promises that are settled already; a key that leaves the shelf
 * is wiped only in the next turn, so never in somebody's hands.
 */
export interface Shelf<K> {
  take(name: string): K | undefined
  /** Answers the key to be used: the one that is there already, and wipes this one, or else this one. */
  put(name: string, key: K): K
  drop(name: string): void
  /** Wipes all of them at once, for good. */
  close(): void
}

export function openShelf<K extends { destroy(): void }>(now: () => Date): Shelf<K> {
  const kept = new Map<string, { readonly key: K; readonly until: number }>()
  function drop(name: string): void {
    const found = kept.get(name)
    if (found === undefined) return
    kept.delete(name)
    setImmediate(() => {
      found.key.destroy()
    })
  }
  function take(name: string): K | undefined {
    const found = kept.get(name)
    return found !== undefined && found.until > now().getTime() ? found.key : undefined
  }
  const sweep = setInterval(() => {
    for (const [name, { until }] of kept) if (until <= now().getTime()) drop(name)
  }, keptFor)
  sweep.unref()
  return {
    take,
    put(name, key) {
      const there = take(name)
      if (there !== undefined) {
        if (there !== key) key.destroy()
        return there
      }
      drop(name)
      const [oldest] = kept.keys()
      if (kept.size >= keptAtMost && oldest !== undefined) drop(oldest)
      kept.set(name, { key, until: now().getTime() + keptFor })
      return key
    },
    drop,
    close() {
      clearInterval(sweep)
      for (const { key } of kept.values()) key.destroy()
      kept.clear()
    },
  }
}
