import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Type } from 'typebox'
import { BuildingState, Demonstration } from '#shared/demonstration.ts'
import type { Server } from '../../api/server.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Loading } from '../../kit/state.tsx'
import { useMessages } from '../../kit/words.tsx'
import { FailureNote, FailurePage, useOneAct } from '../house/failure.tsx'
import house from '../house/house.module.css'
import css from './demonstration.module.css'

interface DemonstrationPageProps {
  readonly server: Server
  readonly onLanguage: () => void
}

/** The simulated building: walk people through it, and open their workstations. */
export function DemonstrationPage({ server, onLanguage }: DemonstrationPageProps) {
  const { kit, demonstration: words, house: common } = useMessages()
  const state = useQuery({
    queryKey: ['/state'],
    queryFn: () => server.ask('GET', '/state', BuildingState),
    refetchInterval: 1000,
  })
  const who = useQuery({
    queryKey: ['/demonstration.json'],
    queryFn: () => server.ask('GET', '/demonstration.json', Demonstration),
  })
  if (state.isPending)
    return (
      <main className={house['entry']}>
        <Loading title={common.loading()} text={common.loadingText()} />
      </main>
    )
  if (state.data === undefined)
    return (
      <main className={house['entry']}>
        <FailurePage error={state.error} onAgain={() => void state.refetch()} />
      </main>
    )
  return (
    <main className={house['page']}>
      <div className={house['head']}>
        <div>
          <h1>{words.title()}</h1>
          <p className={house['intro']}>{words.intro()}</p>
        </div>
        <Badge tone="warn">{kit.demonstration()}</Badge>
        <Button small kind="quiet" onClick={onLanguage}>
          {words.otherLanguage()}
        </Button>
      </div>
      <div className={css['two']}>
        <Building
          server={server}
          state={state.data}
          people={who.data?.people ?? []}
          zones={who.data?.zones ?? []}
        />
        <Steps places={who.data?.places ?? []} />
      </div>
    </main>
  )
}

interface BuildingProps {
  readonly server: Server
  readonly state: BuildingState
  readonly people: Demonstration['people']
  readonly zones: Demonstration['zones']
}

function Building({ server, state, people, zones }: BuildingProps) {
  const { demonstration: words } = useMessages()
  const { busy, failure, run } = useOneAct()
  const [chosen, setChosen] = useState<string | null>(null)
  const known = (id: string) => people.find((one) => one.id === id)
  const person = state.people.find(({ id }) => id === chosen)
  const walk = (zone: string) =>
    void run(async () => {
      await server.ask('POST', '/walk', Type.Unknown(), { person: chosen, zone })
    })
  return (
    <section className={css['building']} aria-label={words.building()}>
      <p role="status" className={house['soft']}>
        {person === undefined
          ? words.choose()
          : busy
            ? words.walking({ person: known(person.id)?.name ?? person.id })
            : words.chosen({ person: known(person.id)?.name ?? person.id })}
      </p>
      {state.zones.map((zone) => (
        <div key={zone} className={css['zone']} data-zone={zone}>
          <h2>
            <bdi>{zones.find((one) => one.zone === zone)?.title ?? zone}</bdi>
          </h2>
          <div className={css['people']}>
            {state.people
              .filter((one) => one.zone === zone)
              .map(({ id }) => (
                <button
                  key={id}
                  type="button"
                  className={css['person']}
                  aria-pressed={id === chosen}
                  onClick={() => {
                    setChosen(id === chosen ? null : id)
                  }}
                >
                  <bdi>{known(id)?.name ?? id}</bdi>
                  <span className={css['role']}>
                    <bdi>{known(id)?.role ?? ''}</bdi>
                  </span>
                </button>
              ))}
          </div>
          <Button
            small
            disabled={busy || person === undefined || person.zone === zone}
            onClick={() => {
              walk(zone)
            }}
          >
            {words.walkHere()}
          </Button>
        </div>
      ))}
      <FailureNote failure={failure} />
    </section>
  )
}

function Steps({ places }: { readonly places: Demonstration['places'] }) {
  const { demonstration: words } = useMessages()
  const steps = [
    words.stepWalk,
    words.stepOpen,
    words.stepWork,
    words.stepLeave,
    words.stepReview,
    words.stepRelease,
    words.stepLog,
  ]
  return (
    <div className={css['side']}>
      <section className={house['panel']} aria-label={words.stepsTitle()}>
        <h2>{words.stepsTitle()}</h2>
        <ol className={css['steps']}>
          {steps.map((step) => (
            <li key={step()}>{step()}</li>
          ))}
        </ol>
      </section>
      <section className={house['panel']} aria-label={words.placesTitle()}>
        <h2>{words.placesTitle()}</h2>
        {places.length === 0 ? <p className={house['soft']}>{words.noPlaces()}</p> : null}
        <ul className={css['places']}>
          {places.map(({ name, address }) => (
            <li key={address}>
              <a className={house['link']} href={address} target="_blank" rel="noreferrer">
                <bdi>{name}</bdi>
              </a>
            </li>
          ))}
        </ul>
      </section>
    </div>
  )
}
