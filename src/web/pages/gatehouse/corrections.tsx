import { useState } from 'react'
import { CorrectionMade, type SiteNow } from '#shared/gatehouse.ts'
import { Done } from '#shared/identity.ts'
import { Button } from '../../kit/button.tsx'
import { TextField } from '../../kit/field.tsx'
import { Select } from '../../kit/select.tsx'
import { useMessages } from '../../kit/words.tsx'
import { ActDialog } from '../house/act.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { useTime } from '../house/time.ts'

type Zones = readonly SiteNow['zones'][number][]
type Person = Zones[number]['people'][number]

/** A presence that is wrong is put right by two guards; here is what waits for the second. */
export function Corrections(props: {
  readonly corrections: SiteNow['corrections']
  readonly zones: Zones
}) {
  const { gatehouse } = useMessages()
  if (props.corrections.length === 0) return null
  return (
    <section className={house['panel']} aria-label={gatehouse.corrections()}>
      <h2>{gatehouse.corrections()}</h2>
      <ul className={house['list']}>
        {props.corrections.map((correction) => (
          <CorrectionLine key={correction.person} correction={correction} zones={props.zones} />
        ))}
      </ul>
    </section>
  )
}

interface CorrectionLineProps {
  readonly correction: SiteNow['corrections'][number]
  readonly zones: Zones
}

function CorrectionLine({ correction, zones }: CorrectionLineProps) {
  const { gatehouse } = useMessages()
  const { server, standing } = useHouse()
  const { busy, failure, run } = useAct()
  const time = useTime()
  const { person, zone, reason, requestedBy, requestedAt } = correction
  const name = correction.name ?? person
  const title = zones.find((one) => one.zone === zone)?.title ?? zone
  const own = requestedBy.person === standing.person
  const asker = requestedBy.name ?? requestedBy.person
  return (
    <li>
      <span>
        {title === null
          ? gatehouse.correctionOut({ person: name })
          : gatehouse.correctionTo({ person: name, zone: title })}
      </span>
      <span className={house['soft']}>
        <bdi>{reason}</bdi> · {gatehouse.askedBy({ person: asker, time: time.full(requestedAt) })}
      </span>
      <span className={house['push']} />
      {own ? (
        <span className={house['soft']}>{gatehouse.secondNeeded()}</span>
      ) : (
        <Button
          small
          kind="primary"
          disabled={busy}
          onClick={() =>
            void run(async () => {
              await server.ask('POST', `/presence/${person}/correction/approval`, Done)
            })
          }
        >
          {gatehouse.approve()}
        </Button>
      )}
      <FailureNote failure={failure} />
    </li>
  )
}

interface CorrectionDialogProps {
  readonly person: Person
  readonly zones: Zones
  readonly onClose: () => void
}

/** Where somebody really is, and how that is known. */
export function CorrectionDialog({ person, zones, onClose }: CorrectionDialogProps) {
  const { gatehouse } = useMessages()
  const { server } = useHouse()
  const [zone, setZone] = useState('')
  const [reason, setReason] = useState('')
  return (
    <ActDialog
      onClose={onClose}
      title={gatehouse.correctTitle({ person: person.name ?? person.person })}
      text={gatehouse.correctText()}
      ready={reason.trim() !== ''}
      act={gatehouse.askSecond()}
      onAct={async () => {
        const body = { zone: zone === '' ? null : zone, reason: reason.trim() }
        await server.ask('POST', `/presence/${person.person}/correction`, CorrectionMade, body)
      }}
    >
      <Select
        name={gatehouse.reallyIn()}
        value={zone}
        onChange={setZone}
        options={[
          { value: '', words: gatehouse.notInBuilding() },
          ...zones.map((one) => ({ value: one.zone, words: one.title })),
        ]}
      />
      <TextField
        name={gatehouse.howKnown()}
        lines={2}
        maxLength={500}
        value={reason}
        onChange={setReason}
      />
    </ActDialog>
  )
}
