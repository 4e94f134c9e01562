import { useCallback, useSyncExternalStore } from 'react'

interface Engine {
  subscribe(listener: () => void): () => void
}

/** What an engine says, as it stands now. `read` answers the same for as long as nothing changed. */
export function useEngine<T>(engine: Engine, read: () => T): T {
  const subscribe = useCallback((listener: () => void) => engine.subscribe(listener), [engine])
  return useSyncExternalStore(subscribe, read)
}
