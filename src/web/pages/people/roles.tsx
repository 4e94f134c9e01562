import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Static } from 'typebox'
import { Done, type People, siteRoles, type SiteRole } from '#shared/identity.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Check } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'

type Row = Static<typeof People>['people'][number]

/** Asked for by one officer, in force when another has seen the person: what waits for that, with one button each. */
export function WaitingRoles(props: {
  readonly rows: readonly Row[]
  readonly onDone: () => void
}) {
  const { people } = useMessages()
  const { standing } = useHouse()
  const waiting = props.rows.filter((row) => row.waiting.length > 0 && !row.revoked)
  if (waiting.length === 0 || !standing.roles.includes('security')) return null
  return (
    <section className={house['panel']} aria-label={people.waitingTitle()}>
      <h2>{people.waitingTitle()}</h2>
      <p className={house['soft']}>{people.waitingText()}</p>
      <ul className={house['list']}>
        {waiting.map((row) => (
          <WaitingLine key={row.person} row={row} rows={props.rows} onDone={props.onDone} />
        ))}
      </ul>
    </section>
  )
}

interface LineProps {
  readonly row: Row
  readonly rows: readonly Row[]
  readonly onDone: () => void
}

function WaitingLine({ row, rows, onDone }: LineProps) {
  const { people } = useMessages()
  const { server, standing } = useHouse()
  const { busy, failure, run } = useAct()
  const others = row.waiting.filter(({ requestedBy }) => requestedBy !== standing.person)
  const own = row.person === standing.person || others.length === 0
  const meant = own ? row.waiting : others
  const requestedBy = meant[0]?.requestedBy ?? ''
  const roles = meant.map(({ role }) => role)
  const change = (what: 'confirmation' | 'end') => () =>
    void run(async () => {
      await server.ask('POST', `/people/${row.person}/roles/${what}`, Done, { roles })
      onDone()
    })
  return (
    <li>
      <Link className={house['link']} to="/people/$person" params={{ person: row.person }}>
        <bdi>{row.name === '' ? row.person : row.name}</bdi>
      </Link>
      <span>{roles.map((role) => people.roleWords({ role })).join(' · ')}</span>
      <span className={house['soft']}>
        {row.keys === 0
          ? people.waitingForKey()
          : own
            ? people.waitingForOther()
            : people.requestedBy({
                name: rows.find(({ person }) => person === requestedBy)?.name ?? requestedBy,
              })}
      </span>
      <span className={`${house['row']} ${house['push']}`}>
        <Button small disabled={busy || row.person === standing.person} onClick={change('end')}>
          {people.refuseRoles()}
        </Button>
        <Button
          small
          kind="primary"
          disabled={busy || own || row.keys === 0}
          onClick={change('confirmation')}
        >
          {people.confirmRoles()}
        </Button>
      </span>
      <FailureNote failure={failure} />
    </li>
  )
}

/** A person's roles on the site, for officers: ask for one more, or take one away. */
export function RolesPanel({ row, onDone }: { readonly row: Row; readonly onDone: () => void }) {
  const { people } = useMessages()
  const { server, standing } = useHouse()
  const { busy, failure, run } = useAct()
  const [wanted, setWanted] = useState<readonly SiteRole[]>([])
  if (!standing.roles.includes('security') || row.person === standing.person || row.revoked)
    return null
  const has = (role: SiteRole) =>
    row.roles.includes(role) || row.waiting.some((one) => one.role === role)
  const act = (what: '' | '/end', roles: readonly SiteRole[]) =>
    void run(async () => {
      await server.ask('POST', `/people/${row.person}/roles${what}`, Done, { roles })
      setWanted([])
      onDone()
    })
  return (
    <section className={house['panel']} aria-label={people.roles()}>
      <h2>{people.roles()}</h2>
      <p className={house['soft']}>{people.rolesText()}</p>
      <ul className={house['list']}>
        {siteRoles.filter(has).map((role) => (
          <li key={role}>
            <span>{people.roleWords({ role })}</span>
            {row.roles.includes(role) ? null : <Badge tone="warn">{people.roleWaits()}</Badge>}
            <span className={house['push']}>
              <Button
                small
                disabled={busy}
                onClick={() => {
                  act('/end', [role])
                }}
              >
                {people.endRole()}
              </Button>
            </span>
          </li>
        ))}
      </ul>
      <div className={house['row']}>
        {siteRoles
          .filter((role) => !has(role))
          .map((role) => (
            <Check
              key={role}
              checked={wanted.includes(role)}
              onChange={(checked) => {
                setWanted(checked ? [...wanted, role] : wanted.filter((one) => one !== role))
              }}
            >
              {people.roleWords({ role })}
            </Check>
          ))}
      </div>
      <div className={house['row']}>
        <Button
          disabled={busy || wanted.length === 0}
          onClick={() => {
            act('', wanted)
          }}
        >
          {people.askRoles()}
        </Button>
      </div>
      <FailureNote failure={failure} />
    </section>
  )
}
