/** Opened keys stay in memory this long, in milliseconds, and at most this many of them on one shelf. */
const keptFor = 60_000
const keptAtMost = 4000

/**
 * Opened keys by name, for a minute. A key that leaves the shelf is wiped; whoever took one from it
 * uses it before anything else can happen, so it is never wiped in somebody's hands.
 */
export interface Shelf<K> {
  take(name: string): K | undefined
  /** Answers the key that it was given. */
  put(name: string, key: K): K
  drop(name: string): void
  /** Wipes all of them, for good. */
  close(): void
}

export function openShelf<K extends { destroy(): void }>(now: () => Date): Shelf<K> {
  const kept = new Map<string, { readonly key: K; readonly until: number }>()
  function drop(name: string): void {
    kept.get(name)?.key.destroy()
    kept.delete(name)
  }
  const sweep = setInterval(() => {
    for (const [name, { until }] of kept) if (until <= now().getTime()) drop(name)
  }, keptFor)
  sweep.unref()
  return {
    take(name) {
      const found = kept.get(name)
      return found !== undefined && found.until > now().getTime() ? found.key : undefined
    },
    put(name, key) {
      const [oldest] = kept.keys()
      if (kept.size >= keptAtMost && oldest !== undefined) drop(oldest)
      if (kept.get(name)?.key !== key) drop(name)
      kept.set(name, { key, until: now().getTime() + keptFor })
      return key
    },
    drop,
    close() {
      clearInterval(sweep)
      for (const name of [...kept.keys()]) drop(name)
    },
  }
}
