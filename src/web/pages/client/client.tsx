import { useState } from 'react'
import {
  ClientDeliveries,
  type DeliveryKey,
  DeliveryKeyMade,
  type DeliveryRow,
} from '#shared/delivery.ts'
import { Done } from '#shared/identity.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button, ButtonLink } from '../../kit/button.tsx'
import { Choices, TextField } from '../../kit/field.tsx'
import { Empty } from '../../kit/state.tsx'
import { useMessages } from '../../kit/words.tsx'
import { ActDialog, ActPanel } from '../house/act.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import { DeliveryFacts, DeliveryState } from '../house/delivery.tsx'
import { Fingerprint } from '../house/fingerprint.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'
import { PageHead } from '../house/page-head.tsx'
import { useTime } from '../house/time.ts'

/** What a client sees: their deliveries, with proof, and the key that opens them. No content. */
export function ClientPage() {
  const { client } = useMessages()
  const mine = useAsked('/client/deliveries', ClientDeliveries, 15_000)
  return (
    <Shown query={mine}>
      {({ clients, deliveries, keys }) => (
        <main className={house['page']}>
          <PageHead title={client.title()} text={client.intro()} />
          {deliveries.length === 0 ? (
            <Empty title={client.noDeliveries()} text={client.noDeliveriesText()} />
          ) : (
            <div className={house['two']}>
              {deliveries.map((delivery) => (
                <DeliveryPanel key={delivery.delivery} delivery={delivery} />
              ))}
            </div>
          )}
          {clients.map((id) => (
            <KeyPanel
              key={id}
              client={id}
              keys={keys.filter((one) => one.client === id)}
              onDone={() => void mine.refetch()}
            />
          ))}
        </main>
      )}
    </Shown>
  )
}

const recipientShape = /^age1[02-9ac-hj-np-z]{58}$/

interface KeyPanelProps {
  readonly client: string
  readonly keys: readonly DeliveryKey[]
  readonly onDone: () => void
}

/** The keys that open deliveries, and how far each is confirmed; registers the public half of another. */
function KeyPanel({ client, keys, onDone }: KeyPanelProps) {
  const { client: words } = useMessages()
  const { server } = useHouse()
  const [recipient, setRecipient] = useState('')
  const typed = recipient.trim()
  const fits = recipientShape.test(typed)
  return (
    <ActPanel
      title={words.keyTitle()}
      text={words.keyText()}
      primary={keys.length === 0}
      ready={fits}
      act={words.register()}
      onAct={async () => {
        const address = `/clients/${client}/delivery-keys`
        await server.ask('POST', address, DeliveryKeyMade, { recipient: typed })
        setRecipient('')
        onDone()
      }}
    >
      {keys.length === 0 ? null : (
        <ul className={house['list']} aria-live="polite">
          {keys.map((one) => (
            <KeyLine key={one.key} of={one} />
          ))}
        </ul>
      )}
      <TextField
        name={words.recipient()}
        hint={words.recipientHint()}
        direction="ltr"
        maxLength={62}
        value={recipient}
        onChange={setRecipient}
        fault={typed.length >= 62 && !fits ? words.recipientFault() : ''}
      />
    </ActPanel>
  )
}

/** One key: until two people here have confirmed it, its fingerprint is to be read out to them. */
function KeyLine({ of: key }: { readonly of: DeliveryKey }) {
  const { client: words, house: common } = useMessages()
  const time = useTime()
  const confirmed = key.confirmedBy.length === 2
  return (
    <li>
      {confirmed ? (
        <Fingerprint of={key.fingerprint} />
      ) : (
        <div className={house['stack']}>
          <p>{words.fingerprintText()}</p>
          <Fingerprint of={key.fingerprint} large />
        </div>
      )}
      <Badge tone={confirmed ? 'good' : 'warn'}>
        {common.confirmations({ count: key.confirmedBy.length })}
      </Badge>
      {key.effective === null ? null : (
        <span className={house['soft']}>
          {common.effective({ time: time.full(key.effective) })}
        </span>
      )}
    </li>
  )
}

function verifyCommand(delivery: string): string {
  return `cloister delivery verify ${delivery}.tar --policy FILE`
}

function DeliveryPanel({ delivery }: { readonly delivery: DeliveryRow }) {
  const { client } = useMessages()
  const [answering, setAnswering] = useState(false)
  const ready = delivery.state === 'built'
  return (
    <section className={house['panel']} aria-label={delivery.code}>
      <div className={house['head']}>
        <h2>
          <bdi>{delivery.code}</bdi>
        </h2>
        <DeliveryState state={delivery.state} />
      </div>
      <DeliveryFacts delivery={delivery} />
      {ready || delivery.state === 'accepted' ? (
        <div className={house['row']}>
          <ButtonLink
            kind="primary"
            href={`/deliveries/${delivery.delivery}/package`}
            download={`${delivery.delivery}.tar`}
          >
            {client.download()}
          </ButtonLink>
          {ready ? (
            <Button
              onClick={() => {
                setAnswering(true)
              }}
            >
              {client.answer()}
            </Button>
          ) : null}
        </div>
      ) : null}
      <div className={house['stack']}>
        <p className={house['soft']}>{client.verifyText()}</p>
        <code className={house['command']} dir="ltr">
          {verifyCommand(delivery.delivery)}
        </code>
      </div>
      {answering ? (
        <ReceiptDialog
          delivery={delivery}
          onClose={() => {
            setAnswering(false)
          }}
        />
      ) : null}
    </section>
  )
}

function ReceiptDialog({ delivery, onClose }: { delivery: DeliveryRow; onClose: () => void }) {
  const { client } = useMessages()
  const { server } = useHouse()
  const [verdict, setVerdict] = useState('accepted')
  const [reason, setReason] = useState('')
  const accepted = verdict === 'accepted'
  return (
    <ActDialog
      onClose={onClose}
      title={client.answerTitle()}
      text={client.answerText()}
      ready={accepted || reason.trim() !== ''}
      act={client.send()}
      onAct={async () => {
        const body = accepted ? { accepted } : { accepted, reason: reason.trim() }
        await server.ask('POST', `/deliveries/${delivery.delivery}/receipt`, Done, body)
      }}
    >
      <Choices
        name={client.verdict()}
        value={verdict}
        onChange={setVerdict}
        options={[
          { value: 'accepted', words: client.accept() },
          { value: 'rejected', words: client.reject() },
        ]}
      />
      {accepted ? null : (
        <TextField
          name={client.reason()}
          lines={3}
          maxLength={2000}
          value={reason}
          onChange={setReason}
        />
      )}
    </ActDialog>
  )
}
