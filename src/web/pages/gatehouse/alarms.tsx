import { useState } from 'react'
import type { SiteNow } from '#shared/gatehouse.ts'
import { Done } from '#shared/identity.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Check, TextField } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'
import { ActDialog } from '../house/act.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'
import { useTime } from '../house/time.ts'
import css from './gatehouse.module.css'

type Alarm = SiteNow['alarms'][number]

/** What rings, the newest first; what nobody has seen yet stands out. */
export function Alarms({ now }: { readonly now: SiteNow }) {
  const { gatehouse } = useMessages()
  const open = now.alarms.filter(({ clearedAt }) => clearedAt === null)
  return (
    <section aria-label={gatehouse.alarms()}>
      {open.length === 0 ? (
        <p className={css['quiet']}>
          <Badge tone="good">{gatehouse.noAlarms()}</Badge>
        </p>
      ) : (
        <ul className={css['alarms']} aria-live="polite">
          {open.map((alarm) => (
            <AlarmLine key={alarm.alarm} alarm={alarm} now={now} />
          ))}
        </ul>
      )}
    </section>
  )
}

function AlarmLine({ alarm, now }: { readonly alarm: Alarm; readonly now: SiteNow }) {
  const { gatehouse } = useMessages()
  const time = useTime()
  const [asking, setAsking] = useState(false)
  const { acknowledgedAt, acknowledgedBy, note, raisedAt } = alarm
  const seen = acknowledgedAt !== null
  const title = useTitle(alarm)
  const detail = useDetail(alarm, now)
  const who = acknowledgedBy?.name ?? acknowledgedBy?.person ?? ''
  return (
    <li className={`${css['alarm'] ?? ''} ${seen ? (css['seen'] ?? '') : ''}`}>
      <div>
        <strong>
          <bdi>{title}</bdi>
        </strong>
        <div>{detail}</div>
        <div className={house['soft']}>
          {gatehouse.raised({ time: time.full(raisedAt) })}
          {seen ? (
            <>
              {' · '}
              {gatehouse.seenBy({ person: who, time: time.clock(acknowledgedAt) })}
            </>
          ) : null}
        </div>
        {note === null ? null : (
          <div className={css['note']}>
            <bdi>{note}</bdi>
          </div>
        )}
      </div>
      <Button
        kind={seen ? 'plain' : 'primary'}
        onClick={() => {
          setAsking(true)
        }}
      >
        {seen ? gatehouse.resolve() : gatehouse.acknowledge()}
      </Button>
      {asking ? (
        <AcknowledgeDialog
          alarm={alarm}
          onClose={() => {
            setAsking(false)
          }}
        />
      ) : null}
    </li>
  )
}

/** What is wrong, and with which door, machine or person. */
function useTitle({ kind, about }: Alarm): string {
  const { gatehouse } = useMessages()
  const what = gatehouse.alarmKind({ kind: kind.replaceAll('-', '_') })
  return about === null ? what : gatehouse.alarmAbout({ what, about })
}

/** What is known of it beyond its kind, in the reader's language. */
function useDetail({ kind, detail }: Alarm, { zones, portals }: SiteNow): string {
  const { gatehouse, desk } = useMessages()
  const { zone, portal, reported, count = 0, behind = '', reason = '', is = '', was = '' } = detail
  if (kind === 'delivery-failed')
    return `${desk.buildFailed({ reason: reason.replaceAll('-', '_') })} ${gatehouse.orderedAgain()}`
  return gatehouse.alarmDetail({
    kind: kind.replaceAll('-', '_'),
    zone: zones.find((one) => one.zone === zone)?.title ?? zone ?? '?',
    door: portals.find((one) => one.portal === portal)?.title ?? portal ?? '?',
    reported: gatehouse.alarmKind({ kind: reportedKinds[reported ?? ''] ?? '' }),
    ...{ count, behind, reason, is, was },
  })
}

/** A controller's word for what is wrong at a door, and the kind of alarm that it is. */
const reportedKinds: Readonly<Record<string, string>> = {
  FORCED_OPEN: 'forced_door',
  DOOR_OPEN_TOO_LONG: 'held_door',
  TAMPER: 'tamper',
}

function AcknowledgeDialog({ alarm, onClose }: { alarm: Alarm; onClose: () => void }) {
  const { gatehouse } = useMessages()
  const { server } = useHouse()
  const [note, setNote] = useState('')
  const [resolved, setResolved] = useState(alarm.acknowledgedAt !== null)
  const title = useTitle(alarm)
  return (
    <ActDialog
      onClose={onClose}
      title={gatehouse.acknowledgeTitle()}
      text={title}
      ready={note.trim() !== ''}
      act={resolved ? gatehouse.resolve() : gatehouse.acknowledge()}
      onAct={async () => {
        const body = { note: note.trim(), resolved }
        await server.ask('POST', `/alarms/${alarm.alarm}/acknowledge`, Done, body)
      }}
    >
      <TextField
        name={gatehouse.whatFound()}
        hint={gatehouse.whatFoundHint()}
        lines={3}
        maxLength={500}
        value={note}
        onChange={setNote}
      />
      <Check checked={resolved} onChange={setResolved}>
        {gatehouse.isResolved()}
      </Check>
      <p className={house['soft']}>{gatehouse.resolvedText()}</p>
    </ActDialog>
  )
}
