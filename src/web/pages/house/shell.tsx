import { useQuery } from '@tanstack/react-query'
import { Link, Outlet } from '@tanstack/react-router'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { Work } from '#shared/annotation.ts'
import type { Standing } from '#shared/identity.ts'
import { Button } from '../../kit/button.tsx'
import { Frame, type Place } from '../../kit/frame.tsx'
import { Loading, Stale } from '../../kit/state.tsx'
import { layWatermark } from '../../kit/watermark.ts'
import { useMessages } from '../../kit/words.tsx'
import type { HouseMessages } from '../../locales/messages.gen.ts'
import { AccountDialog } from './account.tsx'
import { useHouse } from './house.tsx'
import { codeOf } from './person-code.ts'

export type Workplace = 'bench' | 'desk' | 'gatehouse' | 'people' | 'records' | 'client' | 'me'

/** The page around every workplace of one person. */
export function Shell() {
  const { standing, line } = useHouse()
  const messages = useMessages()
  const { house } = messages
  const [account, setAccount] = useState(false)
  const workplaces = useWorkplaces()
  const silent = useSyncExternalStore(
    (listener) => line.subscribe(listener),
    () => line.silent,
  )
  useWatermark(standing)
  return (
    <Frame
      places={(workplaces ?? []).map((id) => placeOf(house, id))}
      link={({ address, words }) => (
        <Link to={address} activeProps={{ 'aria-current': 'page' }}>
          {words}
        </Link>
      )}
      notice={standing.demonstration ? house.demonstration() : null}
      end={
        <Button
          kind="quiet"
          small
          onClick={() => {
            setAccount(true)
          }}
        >
          <bdi>{shownPerson(standing)}</bdi>
        </Button>
      }
    >
      {silent ? (
        <Stale text={house.silent()}>
          <span />
        </Stale>
      ) : null}
      <Outlet />
      {account ? (
        <AccountDialog
          onClose={() => {
            setAccount(false)
          }}
        />
      ) : null}
    </Frame>
  )
}

/** A person is known by name to themselves; to a camera, by the code that the watermark shows. */
function shownPerson({ name, person, workstation }: Standing): string {
  const who = name === '' ? codeOf(person) : name
  return workstation === null ? who : `${who} · ${workstation}`
}

function placeOf(house: HouseMessages, id: Workplace): Place {
  return { id, words: house[id](), address: `/${id}` }
}

/** The workplaces of this person, most used first; undefined until that is known. */
export function useWorkplaces(): readonly Workplace[] | undefined {
  const { server, standing } = useHouse()
  const inside = standing.door === 'inside'
  const work = useQuery({
    queryKey: ['work'],
    queryFn: () => server.ask('GET', '/work', Work),
    enabled: inside,
  })
  if (inside && work.isPending) return undefined
  const teams = work.data?.projects.length ?? 0
  return workplacesOf(standing, teams)
}

/** Which workplaces somebody has at a door, by their roles and their projects' teams. */
export function workplacesOf({ roles, door }: Standing, teams: number): Workplace[] {
  const inside = door === 'inside'
  const any = (...wanted: Standing['roles']) => roles.some((role) => wanted.includes(role))
  const has: readonly (readonly [Workplace, boolean])[] = [
    ['bench', inside && (roles.length === 0 || teams > 0)],
    ['desk', any('manager', 'releaser')],
    ['gatehouse', inside && any('guard', 'security')],
    ['people', any('recruiter', 'security')],
    ['records', any('auditor', 'security')],
    ['client', !inside && roles.length === 0],
    ['me', true],
  ]
  return has.flatMap(([workplace, held]) => (held ? [workplace] : []))
}

/** Person code, workstation and minute over every page. */
function useWatermark({ person, workstation }: Standing): void {
  useEffect(
    () =>
      layWatermark(() => {
        const minute = new Date().toISOString().slice(0, 16).replace('T', ' ')
        return [codeOf(person), workstation ?? '', minute].filter((part) => part !== '').join(' · ')
      }),
    [person, workstation],
  )
}

/** Where somebody begins: their first workplace. */
export function Begin({ go }: { readonly go: (workplace: Workplace) => void }) {
  const { house } = useMessages()
  const workplaces = useWorkplaces()
  const first = workplaces?.[0]
  useEffect(() => {
    if (first !== undefined) go(first)
  }, [first, go])
  return <Loading title={house.loading()} text={house.loadingText()} />
}
