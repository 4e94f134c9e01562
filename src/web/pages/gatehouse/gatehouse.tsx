import { useState } from 'react'
import { SiteNow } from '#shared/gatehouse.ts'
import { Done } from '#shared/identity.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Empty } from '../../kit/state.tsx'
import { Tabs } from '../../kit/tabs.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import { ActDialog } from '../house/act.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'
import { PageHead } from '../house/page-head.tsx'
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
  // Who is on the street is not recorded: an empty panel would say that nobody is there.
  const guarded = now.zones.filter(({ kind, lockdown }) => kind !== 'public' || lockdown)
  const inside = now.zones.reduce((all, { people }) => all + people.length, 0)
  return (
    <main className={house['page']}>
      <PageHead
        title={gatehouse.title()}
        text={gatehouse.asOf({ site: now.site ?? '', time: time.exact(now.at) })}
      >
        <strong className={css['inside']}>{gatehouse.inside({ count: inside })}</strong>
      </PageHead>
      <Alarms now={now} />
      <section className={css['zones']} aria-label={gatehouse.zones()}>
        {guarded.map((zone) => (
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
    <section
      className={`${house['panel'] ?? ''} ${css['place'] ?? ''}`}
      aria-label={zone.title}
      data-shut={zone.lockdown}
    >
      <div className={css['zone']}>
        <strong className={css['count']}>{count.format(zone.people.length)}</strong>
        <div>
          <h2>{zone.title}</h2>
          <span className={house['soft']}>{gatehouse.zoneKind({ kind: zone.kind })}</span>
        </div>
        {zone.lockdown ? <Badge tone="bad">{gatehouse.lockedDown()}</Badge> : null}
      </div>
      {zone.people.length === 0 ? (
        <p className={house['soft']}>{gatehouse.nobody()}</p>
      ) : (
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
            kind={zone.lockdown ? 'plain' : 'danger'}
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
      {person.admits ? null : (
        <Badge tone="warn">
          {gatehouse.doesNotAdmit({ why: (person.why ?? '').replaceAll('-', '_') })}
        </Badge>
      )}
      <Button
        small
        kind="quiet"
        aria-label={gatehouse.correctOf({ person: person.name ?? person.person })}
        onClick={onCorrect}
      >
        {gatehouse.correct()}
      </Button>
    </li>
  )
}

function LockdownDialog({ zone, onClose }: { readonly zone: Zone; readonly onClose: () => void }) {
  const { gatehouse } = useMessages()
  const { server } = useHouse()
  const { zone: name, title, lockdown: shut } = zone
  return (
    <ActDialog
      onClose={onClose}
      title={shut ? gatehouse.endTitle({ zone: title }) : gatehouse.lockdownTitle({ zone: title })}
      text={shut ? gatehouse.endText() : gatehouse.lockdownText()}
      danger={!shut}
      act={shut ? gatehouse.endLockdown() : gatehouse.lockdown()}
      onAct={async () => {
        await server.ask('POST', `/zones/${name}/lockdown`, Done, { on: !shut })
      }}
    />
  )
}
