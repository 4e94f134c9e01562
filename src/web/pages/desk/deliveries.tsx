import { useState } from 'react'
import { Deliveries as DeliveriesShape, DeliveryMade, type DeliveryRow } from '#shared/delivery.ts'
import { Done } from '#shared/identity.ts'
import { Refusal } from '../../api/server.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { TextField } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import { DeliveryFacts, DeliveryState } from '../house/delivery.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'

/** Releases of a project: proposed by one, approved by another, built, answered by the client. */
export function Deliveries({ project }: { readonly project: string }) {
  const { desk } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const address = `/projects/${project}/deliveries`
  const deliveries = useAsked(address, DeliveriesShape, 5000)
  const refresh = () => {
    void deliveries.refetch()
  }
  const propose = () =>
    void run(async () => {
      await server.ask('POST', address, DeliveryMade, {})
      refresh()
    })
  return (
    <section className={house['page']} aria-label={desk.deliveries()}>
      <div className={house['row']}>
        <p className={house['soft']}>{desk.deliveriesText()}</p>
        <span className={house['push']} />
        <Button kind="primary" disabled={busy} onClick={propose}>
          {desk.propose()}
        </Button>
      </div>
      <FailureNote failure={failure} />
      <Shown query={deliveries}>
        {({ deliveries: rows }) =>
          rows.length === 0 ? (
            <p>{desk.noDeliveries()}</p>
          ) : (
            <div className={house['two']}>
              {rows.map((delivery) => (
                <DeliveryPanel key={delivery.delivery} delivery={delivery} onDone={refresh} />
              ))}
            </div>
          )
        }
      </Shown>
    </section>
  )
}

interface DeliveryPanelProps {
  readonly delivery: DeliveryRow
  readonly onDone: () => void
}

function DeliveryPanel({ delivery, onDone }: DeliveryPanelProps) {
  const { desk } = useMessages()
  const { server, standing } = useHouse()
  const { busy, failure, run } = useAct()
  const [recalling, setRecalling] = useState(false)
  const own = delivery.proposedBy === standing.person
  const changed =
    delivery.state === 'refused' || (failure instanceof Refusal && failure.kind === 'conflict')
  const approve = () =>
    void run(async () => {
      await server.ask('POST', `/deliveries/${delivery.delivery}/approve`, Done, {})
      onDone()
    })
  return (
    <section className={house['panel']}>
      <div className={house['head']}>
        <span className={house['mono']}>{delivery.delivery.slice(-6)}</span>
        <DeliveryState state={delivery.state} />
      </div>
      <DeliveryFacts delivery={delivery} />
      <div className={house['row']}>
        {delivery.state === 'proposed' ? (
          <Button kind="primary" disabled={busy || own} onClick={approve}>
            {desk.approve()}
          </Button>
        ) : null}
        {delivery.state === 'recalled' || delivery.state === 'refused' ? null : (
          <Button
            kind="danger"
            onClick={() => {
              setRecalling(true)
            }}
          >
            {desk.recall()}
          </Button>
        )}
      </div>
      {own && delivery.state === 'proposed' ? (
        <p className={house['soft']}>{desk.secondNeeded()}</p>
      ) : null}
      {changed ? <p role="alert">{desk.setChanged()}</p> : <FailureNote failure={failure} />}
      {recalling ? (
        <RecallDialog
          delivery={delivery}
          onClose={() => {
            setRecalling(false)
            onDone()
          }}
        />
      ) : null}
    </section>
  )
}

function RecallDialog({ delivery, onClose }: { delivery: DeliveryRow; onClose: () => void }) {
  const { kit, desk } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const [reason, setReason] = useState('')
  const recall = async () => {
    const body = { reason: reason.trim() }
    const done = await run(async () => {
      await server.ask('POST', `/deliveries/${delivery.delivery}/recall`, Done, body)
    })
    if (done) onClose()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={desk.recallTitle()}
      text={desk.recallText()}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          <Button
            kind="danger"
            disabled={busy || reason.trim() === ''}
            onClick={() => void recall()}
          >
            {desk.recall()}
          </Button>
        </>
      }
    >
      <TextField
        name={desk.reason()}
        lines={3}
        maxLength={2000}
        value={reason}
        onChange={setReason}
      />
      <FailureNote failure={failure} />
    </Dialog>
  )
}
