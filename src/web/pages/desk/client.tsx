import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { DeliveryKeys } from '#shared/delivery.ts'
import { Done } from '#shared/identity.ts'
import { Clients } from '#shared/projects.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
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
import { type Client, Terms, TermsForm } from './terms.tsx'
import { Who } from './who.tsx'

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
            {manages ? (
              <TermsForm row={row} onDone={() => void clients.refetch()} />
            ) : (
              <Terms row={row} />
            )}
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

interface ClientPersonPanelProps {
  readonly row: Client
  readonly onDone: () => void
}

function ClientPersonPanel({ row, onDone }: ClientPersonPanelProps) {
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
