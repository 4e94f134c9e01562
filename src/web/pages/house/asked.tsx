import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Static, TSchema } from 'typebox'
import { Button } from '../../kit/button.tsx'
import { Loading, Stale } from '../../kit/state.tsx'
import { useMessages } from '../../kit/words.tsx'
import { FailurePage } from './failure.tsx'
import { useHouse } from './house.tsx'

/** What the server answers at an address, fresh when the page opens, on signals, and every so often. */
export function useAsked<S extends TSchema>(
  address: string,
  answer: S,
  every?: number,
): UseQueryResult<Static<S>> {
  const { server } = useHouse()
  return useQuery<Static<S>>({
    queryKey: [address],
    queryFn: () => server.ask('GET', address, answer),
    ...(every !== undefined && { refetchInterval: every }),
  })
}

interface ShownProps<T> {
  readonly query: UseQueryResult<T>
  readonly children: (data: T) => ReactNode
}

/** What was asked for, once it is there; before that and when it fails, words that say so. */
export function Shown<T>({ query, children }: ShownProps<T>) {
  const { house } = useMessages()
  const again = () => {
    void query.refetch()
  }
  if (query.data === undefined)
    return query.isError ? (
      <FailurePage error={query.error} onAgain={again} />
    ) : (
      <Loading title={house.loading()} text={house.loadingText()} />
    )
  return (
    <>
      {query.isError ? (
        <Stale text={house.stale()}>
          <Button small onClick={again}>
            {house.refresh()}
          </Button>
        </Stale>
      ) : null}
      {children(query.data)}
    </>
  )
}
