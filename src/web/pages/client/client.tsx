import { useState } from 'react'
import { ClientDeliveries, DeliveryKeyMade, type DeliveryRow } from '#shared/delivery.ts'
import { Done } from '#shared/identity.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Choices, TextField } from '../../kit/field.tsx'
import { Empty } from '../../kit/state.tsx'
import { useMessages } from '../../kit/words.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import { DeliveryFacts, DeliveryState } from '../house/delivery.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'

/** What a client sees: their deliveries, with proof, and the key that opens them. No content. */
export function ClientPage() {
  const { client } = useMessages()
  const mine = useAsked('/client/deliveries', ClientDeliveries, 15_000)
  return (
    <Shown query={mine}>
      {({ clients, deliveries }) => (
        <main className={house['page']}>
          <div>
            <h1>{client.title()}</h1>
            <p className={house['intro']}>{client.intro()}</p>
          </div>
          {clients.map((id) => (
            <KeyPanel key={id} client={id} />
          ))}
          {deliveries.length === 0 ? (
            <Empty title={client.noDeliveries()} text={client.noDeliveriesText()} />
          ) : (
            <div className={house['two']}>
              {deliveries.map((delivery) => (
                <DeliveryPanel key={delivery.delivery} delivery={delivery} />
              ))}
            </div>
          )}
        </main>
      )}
    </Shown>
  )
}

const recipientShape = /^age1[02-9ac-hj-np-z]{58}$/

/** Registers the public half of a key; its fingerprint is then read out over another channel. */
function KeyPanel({ client }: { readonly client: string }) {
  const { client: words } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const [recipient, setRecipient] = useState('')
  const [fingerprint, setFingerprint] = useState('')
  const typed = recipient.trim()
  const fits = recipientShape.test(typed)
  const register = () =>
    void run(async () => {
      const address = `/clients/${client}/delivery-keys`
      const made = await server.ask('POST', address, DeliveryKeyMade, { recipient: typed })
      setFingerprint(made.fingerprint)
      setRecipient('')
    })
  return (
    <form
      className={house['panel']}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        register()
      }}
    >
      <h2>{words.keyTitle()}</h2>
      <p className={house['soft']}>{words.keyText()}</p>
      <TextField
        name={words.recipient()}
        hint={words.recipientHint()}
        direction="ltr"
        maxLength={62}
        value={recipient}
        onChange={setRecipient}
        fault={typed.length >= 62 && !fits ? words.recipientFault() : ''}
      />
      <div className={house['row']}>
        <Button kind="primary" submit disabled={busy || !fits}>
          {words.register()}
        </Button>
      </div>
      {fingerprint === '' ? null : (
        <div role="status">
          <p>{words.fingerprintText()}</p>
          <p className={house['mono']} dir="ltr">
            {fingerprint}
          </p>
        </div>
      )}
      <FailureNote failure={failure} />
    </form>
  )
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
          <a
            className={house['link']}
            href={`/deliveries/${delivery.delivery}/package`}
            download={`${delivery.delivery}.tar`}
          >
            {client.download()}
          </a>
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
      <p className={house['soft']}>{client.verifyText()}</p>
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
  const { kit, client } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const [verdict, setVerdict] = useState('accepted')
  const [reason, setReason] = useState('')
  const accepted = verdict === 'accepted'
  const send = async () => {
    const body = accepted ? { accepted } : { accepted, reason: reason.trim() }
    const done = await run(async () => {
      await server.ask('POST', `/deliveries/${delivery.delivery}/receipt`, Done, body)
    })
    if (done) onClose()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={client.answerTitle()}
      text={client.answerText()}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          <Button
            kind="primary"
            disabled={busy || (!accepted && reason.trim() === '')}
            onClick={() => void send()}
          >
            {client.send()}
          </Button>
        </>
      }
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
      <FailureNote failure={failure} />
    </Dialog>
  )
}
