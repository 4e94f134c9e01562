import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Static } from 'typebox'
import { Done } from '#shared/identity.ts'
import { ProjectDetail } from '#shared/projects.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Tabs } from '../../kit/tabs.tsx'
import { useMessages } from '../../kit/words.tsx'
import type { DeskMessages } from '../../locales/messages.gen.ts'
import { ActDialog } from '../house/act.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { PageHead } from '../house/page-head.tsx'
import { useTime } from '../house/time.ts'
import { Deliveries } from './deliveries.tsx'
import { ProgressPanel } from './progress.tsx'
import { Rules } from './rules.tsx'
import { ProjectStateBadge, projectStates, type ProjectState } from './state.tsx'
import { Team } from './team.tsx'

type Detail = Static<typeof ProjectDetail>

/** One project from its instruction to its deliveries. */
export function ProjectPage() {
  const { desk } = useMessages()
  const { project = '' } = useParams({ strict: false })
  const manages = useHouse().standing.roles.includes('manager')
  const detail = useAsked(`/projects/${encodeURIComponent(project)}`, ProjectDetail, 15_000)
  const refresh = () => {
    void detail.refetch()
  }
  return (
    <Shown query={detail}>
      {(row) => (
        <main className={house['page']}>
          <PageHead title={row.code} back={{ to: '/desk', words: desk.back() }}>
            <ProjectStateBadge state={row.state} />
          </PageHead>
          {manages ? <StatePanel row={row} onDone={refresh} /> : null}
          <Tabs
            name={row.code}
            tabs={[
              {
                id: 'progress',
                words: desk.progress(),
                content: <ProgressPanel project={row.project} team={row.team} />,
              },
              ...(manages ? managersTabs(desk, row, refresh) : []),
              { id: 'batches', words: desk.batches(), content: <Batches row={row} /> },
              {
                id: 'deliveries',
                words: desk.deliveries(),
                content: <Deliveries project={row.project} />,
              },
            ]}
          />
        </main>
      )}
    </Shown>
  )
}

/** What only a manager changes; who releases sees how far the work is and lets deliveries go. */
function managersTabs(desk: DeskMessages, row: Detail, onDone: () => void) {
  return [
    { id: 'rules', words: desk.rules(), content: <Rules row={row} onDone={onDone} /> },
    { id: 'team', words: desk.team(), content: <Team row={row} onDone={onDone} /> },
  ]
}

interface PanelProps {
  readonly row: Detail
  readonly onDone: () => void
}

/** What the client ordered, and whether it is worked on. */
function StatePanel({ row, onDone }: PanelProps) {
  const { desk } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const [closing, setClosing] = useState(false)
  const set = async (state: ProjectState) => {
    await server.ask('POST', `/projects/${row.project}/state`, Done, { state })
    onDone()
  }
  return (
    <section className={house['panel']} aria-label={desk.instructions()}>
      <h2>{desk.instructions()}</h2>
      {row.instructions.map(({ subject, begins }) => (
        <p key={begins}>
          <bdi>{subject}</bdi>
        </p>
      ))}
      <div className={house['row']}>
        {projectStates
          .filter((state) => state !== row.state && state !== 'draft')
          .map((state) => (
            <Button
              key={state}
              small
              kind={state === 'closed' ? 'danger' : state === 'open' ? 'primary' : 'plain'}
              disabled={busy}
              onClick={() => {
                if (state === 'closed') setClosing(true)
                else void run(() => set(state))
              }}
            >
              {desk.setState({ state })}
            </Button>
          ))}
      </div>
      <FailureNote failure={failure} />
      {closing ? (
        <ActDialog
          title={desk.closeTitle({ code: row.code })}
          text={desk.closeText()}
          danger
          act={desk.setState({ state: 'closed' })}
          onAct={() => set('closed')}
          onClose={() => {
            setClosing(false)
          }}
        />
      ) : null}
    </section>
  )
}

function Batches({ row }: { readonly row: Detail }) {
  const { desk } = useMessages()
  const time = useTime()
  return (
    <section className={house['panel']} aria-label={desk.batches()}>
      <p className={house['soft']}>{desk.batchesText()}</p>
      <div>
        <code className={house['command']} dir="ltr">
          {`cloister import ${row.project} MANIFEST`}
        </code>
      </div>
      {row.batches.length === 0 ? <p>{desk.noBatches()}</p> : null}
      <ul className={house['list']}>
        {row.batches.map(({ batch, name, state, accepted, rejected, began }) => (
          <li key={batch}>
            <bdi>{name}</bdi>
            <Badge tone={state === 'ready' ? 'good' : 'warn'}>{desk.batchState({ state })}</Badge>
            <span className={house['soft']}>
              {desk.batchLine({ accepted, time: time.full(began) })}
            </span>
            {rejected === 0 ? null : <Badge tone="warn">{desk.batchRejected({ rejected })}</Badge>}
          </li>
        ))}
      </ul>
      {row.batches.some(({ rejected }) => rejected > 0) ? (
        <p className={house['soft']}>{desk.rejectedText()}</p>
      ) : null}
    </section>
  )
}
