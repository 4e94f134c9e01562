import { useParams } from '@tanstack/react-router'
import { Fragment, useState } from 'react'
import type { Static } from 'typebox'
import { DeliveryKeys } from '#shared/delivery.ts'
import { Done } from '#shared/identity.ts'
import { Clients, termsMembers } from '#shared/projects.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { TextField } from '../../kit/field.tsx'
import { Select } from '../../kit/select.tsx'
import { Empty } from '../../kit/state.tsx'
import { useMessages } from '../../kit/words.tsx'
import { ActPanel } from '../house/act.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import { FailureNote } from '../house/failure.tsx'
import { Fingerprint } from '../house/fingerprint.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { PageHead } from '../house/page-head.tsx'
import { codeOf } from '../house/person-code.ts'
import { useTime } from '../house/time.ts'
import { Who } from './who.tsx'

type Client = Static<typeof Clients>['clients'][number]

/** One client: terms, the people who speak for them, and the keys that open their deliveries. */
export function ClientOfDeskPage() {
  const { desk } = useMessages()
  const { client = '' } = useParams({ strict: false })
  const manages = useHouse().standing.roles.includes('manager')
  const clients = useAsked('/clients', Clients)
  return (
    <Shown query={clients}>
      {({ clients: rows }) => {
        const row = rows.find((one) => one.client === client)
        if (row === undefined) return <Empty title={desk.noClient()} text={desk.noClientText()} />
        return (
          <main className={house['page']}>
            <PageHead title={row.name} back={{ to: '/desk', words: desk.back() }} />
            <TermsPanel row={row} manages={manages} onDone={() => void clients.refetch()} />
            <div className={house['two']}>
              <KeysPanel client={client} />
              {manages ? (
                <ClientPersonPanel row={row} onDone={() => void clients.refetch()} />
              ) : null}
            </div>
          </main>
        )
      }}
    </Shown>
  )
}

type Written = Readonly<Record<(typeof termsMembers)[number], string>>

interface TermsPanelProps {
  readonly row: Client
  /** Whether this person sets terms; who releases only reads them. */
  readonly manages: boolean
  readonly onDone: () => void
}

function TermsPanel({ row, manages, onDone }: TermsPanelProps) {
  const { desk, house: words } = useMessages()
  const { server } = useHouse()
  const [terms, setTerms] = useState<Written>(() => written(row))
  const state = (
    <Badge tone={row.termsComplete ? 'good' : 'warn'}>
      {row.termsComplete ? desk.termsComplete() : desk.termsIncomplete()}
    </Badge>
  )
  if (!manages)
    return (
      <section className={house['panel']} aria-label={desk.terms()}>
        <div className={house['head']}>
          <h2>{desk.terms()}</h2>
          {state}
        </div>
        <dl className={house['facts']}>
          {termsMembers.map((member) => (
            <Fragment key={member}>
              <dt>{desk.termsMember({ member })}</dt>
              <dd>
                <bdi>
                  {terms[member] === ''
                    ? desk.notSet()
                    : member === 'atTheEnd'
                      ? desk.atTheEndWords({ value: terms[member] })
                      : terms[member]}
                </bdi>
              </dd>
            </Fragment>
          ))}
        </dl>
      </section>
    )
  return (
    <ActPanel
      title={desk.terms()}
      text={desk.termsText()}
      badge={state}
      primary
      act={words.save()}
      onAct={async () => {
        await server.ask('PUT', `/clients/${row.client}/terms`, Done, sent(terms))
        onDone()
      }}
    >
      <div className={house['fields']}>
        {termsMembers.map((member) => {
          const field = {
            name: desk.termsMember({ member }),
            value: terms[member],
            onChange: (value: string) => {
              setTerms({ ...terms, [member]: value })
            },
          }
          return member === 'atTheEnd' ? (
            <Select
              key={member}
              {...field}
              options={['', 'return', 'erase'].map((value) => ({
                value,
                words: desk.atTheEndWords({ value }),
              }))}
            />
          ) : (
            <TextField key={member} {...field} hint={desk.termsHint({ member })} maxLength={500} />
          )
        })}
      </div>
    </ActPanel>
  )
}

function written({ terms }: Client): Written {
  const of = (member: (typeof termsMembers)[number]) => String(terms?.[member] ?? '')
  return {
    ...{ subject: of('subject'), purpose: of('purpose'), legalBasis: of('legalBasis') },
    ...{ dataCategories: of('dataCategories'), subjectCategories: of('subjectCategories') },
    ...{ endsOn: of('endsOn'), retentionDays: of('retentionDays'), atTheEnd: of('atTheEnd') },
    contact: of('contact'),
  }
}

/** What was written, without what was left empty; the server says what does not fit. */
function sent(terms: Written): object {
  const given = Object.entries(terms)
    .map(([member, value]) => [member, value.trim()] as const)
    .filter(([, value]) => value !== '')
  return Object.fromEntries(
    given.map(([member, value]) => [member, member === 'retentionDays' ? Number(value) : value]),
  )
}

/** Keys that a client registered; each is confirmed by two people who have compared its fingerprint. */
function KeysPanel({ client }: { readonly client: string }) {
  const { desk, house: words } = useMessages()
  const { server, standing } = useHouse()
  const { busy, failure, run } = useAct()
  const time = useTime()
  const keys = useAsked(`/clients/${client}/delivery-keys`, DeliveryKeys)
  const confirm = (key: string) =>
    void run(async () => {
      await server.ask('POST', `/clients/${client}/delivery-keys/${key}/confirm`, Done, {})
      await keys.refetch()
    })
  return (
    <section className={house['panel']} aria-label={desk.deliveryKeys()}>
      <h2>{desk.deliveryKeys()}</h2>
      <p className={house['soft']}>{desk.deliveryKeysText()}</p>
      <Shown query={keys}>
        {({ keys: rows }) =>
          rows.length === 0 ? (
            <p className={house['soft']}>{desk.noKeys()}</p>
          ) : (
            <ul className={house['list']}>
              {rows.map((row) => (
                <li key={row.key}>
                  <Fingerprint of={row.fingerprint} />
                  <Badge tone={row.confirmedBy.length === 2 ? 'good' : 'warn'}>
                    {words.confirmations({ count: row.confirmedBy.length })}
                  </Badge>
                  {row.effective === null ? null : (
                    <span className={house['soft']}>
                      {words.effective({ time: time.full(row.effective) })}
                    </span>
                  )}
                  <span className={house['push']} />
                  {row.confirmedBy.length === 2 ? null : row.confirmedBy.includes(
                      standing.person,
                    ) ? (
                    <span className={house['soft']}>{desk.otherConfirms()}</span>
                  ) : (
                    <Button
                      small
                      disabled={busy}
                      onClick={() => {
                        confirm(row.key)
                      }}
                    >
                      {desk.confirmKey()}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      <FailureNote failure={failure} />
    </section>
  )
}

function ClientPersonPanel({ row, onDone }: Omit<TermsPanelProps, 'manages'>) {
  const { desk } = useMessages()
  const { server } = useHouse()
  const [person, setPerson] = useState('')
  return (
    <ActPanel
      title={desk.clientPeople()}
      text={desk.clientPeopleText()}
      ready={person !== ''}
      act={desk.add()}
      onAct={async () => {
        await server.ask('POST', `/clients/${row.client}/people`, Done, { person })
        setPerson('')
        onDone()
      }}
    >
      {row.speakers.length === 0 ? (
        <p>{desk.noClientPeople()}</p>
      ) : (
        <ul className={house['list']}>
          {row.speakers.map((speaker) => (
            <li key={speaker.person}>
              <bdi>{speaker.name === '' ? codeOf(speaker.person) : speaker.name}</bdi>
            </li>
          ))}
        </ul>
      )}
      <Who
        without={row.speakers.map((speaker) => speaker.person)}
        value={person}
        onChange={setPerson}
      />
    </ActPanel>
  )
}
