import { useState } from 'react'
import { SiteNow } from '#shared/gatehouse.ts'
import { Done } from '#shared/identity.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Empty } from '../../kit/state.tsx'
import { Tabs } from '../../kit/tabs.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { useTime } from '../house/time.ts'
import { Alarms } from './alarms.tsx'
import { CorrectionDialog, Corrections } from './corrections.tsx'
import css from './gatehouse.module.css'
import { Controllers, Doors, Workstations } from './machines.tsx'

/** Signals tell of changes at once; this often a picture is taken anew all the same. */
const everyMoment = 5000

type Zone = SiteNow['zones'][number]

/** The building as it stands: who is where, what rings, what the machines say. */
export function GatehousePage() {
  const { gatehouse } = useMessages()
  const site = useAsked('/site', SiteNow, everyMoment)
  return (
    <Shown query={site}>
      {(now) =>
        now.site === null ? (
          <Empty title={gatehouse.noSite()} text={gatehouse.noSiteText()} />
        ) : (
          <Building now={now} />
        )
      }
    </Shown>
  )
}

function Building({ now }: { readonly now: SiteNow }) {
  const { gatehouse } = useMessages()
  const time = useTime()
  return (
    <main className={house['page']}>
      <div className={house['head']}>
        <div>
          <h1>{now.site}</h1>
          <p className={house['intro']}>{gatehouse.asOf({ time: time.full(now.at) })}</p>
        </div>
      </div>
      <Alarms alarms={now.alarms} />
      <section className={css['zones']} aria-label={gatehouse.zones()}>
        {now.zones.map((zone) => (
          <ZonePanel key={zone.zone} zone={zone} zones={now.zones} />
        ))}
      </section>
      <Corrections corrections={now.corrections} zones={now.zones} />
      <Tabs
        name={gatehouse.machines()}
        tabs={[
          { id: 'doors', words: gatehouse.doors(), content: <Doors now={now} /> },
          { id: 'controllers', words: gatehouse.controllers(), content: <Controllers now={now} /> },
          {
            id: 'workstations',
            words: gatehouse.workstations(),
            content: <Workstations now={now} />,
          },
        ]}
      />
    </main>
  )
}

interface ZonePanelProps {
  readonly zone: Zone
  readonly zones: readonly Zone[]
}

function ZonePanel({ zone, zones }: ZonePanelProps) {
  const { gatehouse } = useMessages()
  const count = new Intl.NumberFormat(useLanguage())
  const [locking, setLocking] = useState(false)
  const [correcting, setCorrecting] = useState<Zone['people'][number] | null>(null)
  return (
    <section className={house['panel']} aria-label={zone.title}>
      <div className={css['zone']}>
        <strong className={css['count']}>{count.format(zone.people.length)}</strong>
        <div>
          <h2>{zone.title}</h2>
          <span className={house['soft']}>{gatehouse.zoneKind({ kind: zone.kind })}</span>
        </div>
        {zone.lockdown ? <Badge tone="bad">{gatehouse.lockedDown()}</Badge> : null}
      </div>
      {zone.people.length === 0 ? null : (
        <ul className={css['people']}>
          {zone.people.map((person) => (
            <PersonLine
              key={person.person}
              person={person}
              onCorrect={() => {
                setCorrecting(person)
              }}
            />
          ))}
        </ul>
      )}
      {zone.kind === 'public' && !zone.lockdown ? null : (
        <div>
          <Button
            small
            kind={zone.lockdown ? 'plain' : 'quiet'}
            onClick={() => {
              setLocking(true)
            }}
          >
            {zone.lockdown ? gatehouse.endLockdown() : gatehouse.lockdown()}
          </Button>
        </div>
      )}
      {locking ? (
        <LockdownDialog
          zone={zone}
          onClose={() => {
            setLocking(false)
          }}
        />
      ) : null}
      {correcting === null ? null : (
        <CorrectionDialog
          person={correcting}
          zones={zones}
          onClose={() => {
            setCorrecting(null)
          }}
        />
      )}
    </section>
  )
}

interface PersonLineProps {
  readonly person: Zone['people'][number]
  readonly onCorrect: () => void
}

function PersonLine({ person, onCorrect }: PersonLineProps) {
  const { gatehouse } = useMessages()
  const time = useTime()
  return (
    <li>
      <bdi>{person.name ?? person.person}</bdi>
      <span className={house['soft']}>{gatehouse.since({ time: time.clock(person.since) })}</span>
      {person.admits ? null : <Badge tone="warn">{person.why ?? gatehouse.doesNotAdmit()}</Badge>}
      <Button small kind="quiet" onClick={onCorrect}>
        {gatehouse.correct()}
      </Button>
    </li>
  )
}

function LockdownDialog({ zone, onClose }: { readonly zone: Zone; readonly onClose: () => void }) {
  const { kit, gatehouse } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const on = !zone.lockdown
  const set = async () => {
    const body = { on }
    const done = await run(async () => {
      await server.ask('POST', `/zones/${zone.zone}/lockdown`, Done, body)
    })
    if (done) onClose()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={
        on
          ? gatehouse.lockdownTitle({ zone: zone.title })
          : gatehouse.endTitle({ zone: zone.title })
      }
      text={on ? gatehouse.lockdownText() : gatehouse.endText()}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          <Button kind={on ? 'danger' : 'primary'} disabled={busy} onClick={() => void set()}>
            {on ? gatehouse.lockdown() : gatehouse.endLockdown()}
          </Button>
        </>
      }
    >
      <FailureNote failure={failure} />
    </Dialog>
  )
}
