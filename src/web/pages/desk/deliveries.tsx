import { useState } from 'react'
import { Deliveries as DeliveriesShape, DeliveryMade, type DeliveryRow } from '#shared/delivery.ts'
import { Done } from '#shared/identity.ts'
import { Refusal } from '../../api/server.ts'
import { Button } from '../../kit/button.tsx'
import { TextField } from '../../kit/field.tsx'
import { Empty } from '../../kit/state.tsx'
import { useMessages } from '../../kit/words.tsx'
import { ActDialog } from '../house/act.tsx'
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
  const waits = deliveries.data?.deliveries.some(({ state }) => state === 'proposed') === true
  const propose = () =>
    void run(async () => {
      await server.ask('POST', address, DeliveryMade, {})
      refresh()
    })
  return (
    <section className={house['stack']} aria-label={desk.deliveries()}>
      <div className={house['head']}>
        <p className={house['soft']}>{desk.deliveriesText()}</p>
        <Button
          // While one waits for its second person, that is what one comes for.
          kind={waits ? 'plain' : 'primary'}
          disabled={busy}
          onClick={propose}
        >
          {desk.propose()}
        </Button>
      </div>
      <FailureNote failure={failure} />
      <Shown query={deliveries}>
        {({ deliveries: rows }) =>
          rows.length === 0 ? (
            <Empty title={desk.noDeliveries()} text={desk.noDeliveriesText()} />
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
  const order = (act: 'approve' | 'rebuild') => () =>
    void run(async () => {
      await server.ask('POST', `/deliveries/${delivery.delivery}/${act}`, Done, {})
      onDone()
    })
  return (
    <section
      className={house['panel']}
      aria-label={desk.delivery({ code: delivery.delivery.slice(-6) })}
    >
      <div className={house['head']}>
        <h2>{desk.delivery({ code: delivery.delivery.slice(-6) })}</h2>
        <DeliveryState state={delivery.state} />
      </div>
      <DeliveryFacts delivery={delivery} />
      {delivery.failure === null ? null : (
        <p>{desk.buildFailed({ reason: delivery.failure.replaceAll('-', '_') })}</p>
      )}
      <div className={house['row']}>
        {delivery.state !== 'proposed' ? null : own ? (
          <p className={house['soft']}>{desk.secondNeeded()}</p>
        ) : (
          <Button kind="primary" disabled={busy} onClick={order('approve')}>
            {desk.approve()}
          </Button>
        )}
        {delivery.state !== 'failed' ? null : (
          <Button kind="primary" disabled={busy} onClick={order('rebuild')}>
            {desk.buildAgain()}
          </Button>
        )}
        <span className={house['push']} />
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
  const { desk } = useMessages()
  const { server } = useHouse()
  const [reason, setReason] = useState('')
  return (
    <ActDialog
      onClose={onClose}
      title={desk.recallTitle()}
      text={desk.recallText()}
      danger
      ready={reason.trim() !== ''}
      act={desk.recall()}
      onAct={async () => {
        const body = { reason: reason.trim() }
        await server.ask('POST', `/deliveries/${delivery.delivery}/recall`, Done, body)
      }}
    >
      <TextField
        name={desk.reason()}
        lines={3}
        maxLength={2000}
        value={reason}
        onChange={setReason}
      />
    </ActDialog>
  )
}
