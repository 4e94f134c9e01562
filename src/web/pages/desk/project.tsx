import { parseLabelSchema } from '@cloister/annotation-formats'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Static } from 'typebox'
import { Progress } from '#shared/annotation.ts'
import { Done } from '#shared/identity.ts'
import { ProjectDetail, Version } from '#shared/projects.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { TextField } from '../../kit/field.tsx'
import { Progress as Bar } from '../../kit/progress.tsx'
import { Tabs } from '../../kit/tabs.tsx'
import { useMessages } from '../../kit/words.tsx'
import type { DeskMessages } from '../../locales/messages.gen.ts'
import { Shown, useAsked } from '../house/asked.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { useTime } from '../house/time.ts'
import { Deliveries } from './deliveries.tsx'
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
          <div className={house['head']}>
            <div>
              <Link className={house['link']} to="/desk">
                {desk.back()}
              </Link>
              <h1>
                <bdi>{row.code}</bdi>
              </h1>
            </div>
            <ProjectStateBadge state={row.state} />
          </div>
          {manages ? <StatePanel row={row} onDone={refresh} /> : null}
          <Tabs
            name={row.code}
            tabs={[
              {
                id: 'progress',
                words: desk.progress(),
                content: <ProgressPanel project={row.project} />,
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
    { id: 'rules', words: desk.rules(), content: <RulesPanel row={row} onDone={onDone} /> },
    { id: 'team', words: desk.team(), content: <Team row={row} onDone={onDone} /> },
  ]
}

interface PanelProps {
  readonly row: Detail
  readonly onDone: () => void
}

function StatePanel({ row, onDone }: PanelProps) {
  const { desk } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const set = (state: ProjectState) =>
    void run(async () => {
      await server.ask('POST', `/projects/${row.project}/state`, Done, { state })
      onDone()
    })
  return (
    <section className={house['panel']} aria-label={desk.state()}>
      <ul className={house['list']}>
        {row.instructions.map(({ subject, begins }) => (
          <li key={begins}>
            <bdi>{subject}</bdi>
          </li>
        ))}
      </ul>
      <div className={house['row']}>
        {projectStates
          .filter((state) => state !== row.state && state !== 'draft')
          .map((state) => (
            <Button
              key={state}
              small
              kind={state === 'closed' ? 'danger' : 'plain'}
              disabled={busy}
              onClick={() => {
                set(state)
              }}
            >
              {desk.setState({ state })}
            </Button>
          ))}
      </div>
      <FailureNote failure={failure} />
    </section>
  )
}

function ProgressPanel({ project }: { readonly project: string }) {
  const { desk, bench } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const progress = useAsked(`/projects/${project}/progress`, Progress, 10_000)
  const giveBack = (task: string) =>
    void run(async () => {
      await server.ask('POST', `/tasks/${task}/reassign`, Done, { person: null })
      await progress.refetch()
    })
  return (
    <Shown query={progress}>
      {({ annotate, held, setAside }) => {
        const { waiting, leased, submitted, returned, skipped, accepted } = annotate
        const all = waiting + leased + submitted + returned + skipped + accepted
        return (
          <section className={house['panel']} aria-label={desk.progress()}>
            <Bar
              name={desk.accepted()}
              words={desk.ofAll({ done: accepted, all })}
              done={accepted}
              of={all}
            />
            <Bar
              name={desk.submitted()}
              words={desk.ofAll({ done: submitted + accepted, all })}
              done={submitted + accepted}
              of={all}
            />
            <p className={house['soft']}>
              {desk.tally({ waiting, held: leased, returned, aside: skipped })}
            </p>
            <ul className={house['list']}>
              {setAside.map((one) => (
                <li key={one.task}>
                  <span className={house['mono']}>{one.task.slice(-6)}</span>
                  <Badge tone="warn">
                    {one.reason === null
                      ? desk.returned()
                      : bench.reasonKind({
                          kind: one.reason === 'wrong-language' ? 'wrongLanguage' : one.reason,
                        })}
                  </Badge>
                  <span className={house['push']} />
                  <Button
                    small
                    disabled={busy}
                    onClick={() => {
                      giveBack(one.task)
                    }}
                  >
                    {desk.giveBack()}
                  </Button>
                </li>
              ))}
              {held.map((one) => (
                <li key={one.task}>
                  <span className={house['mono']}>{one.task.slice(-6)}</span>
                  <span className={house['soft']}>
                    {desk.heldBy({ person: one.person.slice(-6).toUpperCase() })}
                  </span>
                  <span className={house['push']} />
                  <Button
                    small
                    disabled={busy}
                    onClick={() => {
                      giveBack(one.task)
                    }}
                  >
                    {desk.takeAway()}
                  </Button>
                </li>
              ))}
            </ul>
            <FailureNote failure={failure} />
          </section>
        )
      }}
    </Shown>
  )
}

/** The label schema and the guideline: each publishing is a new version, the old ones stay. */
function RulesPanel({ row, onDone }: PanelProps) {
  return (
    <div className={house['two']}>
      <SchemaForm row={row} onDone={onDone} />
      <GuidelineForm row={row} onDone={onDone} />
    </div>
  )
}

function SchemaForm({ row, onDone }: PanelProps) {
  const { desk } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const [text, setText] = useState(() =>
    row.schemaBody === null ? '' : JSON.stringify(row.schemaBody, null, 2),
  )
  const { schema, fault } = readSchema(text)
  const publish = () =>
    void run(async () => {
      await server.ask('POST', `/projects/${row.project}/schemas`, Version, { schema })
      onDone()
    })
  return (
    <form
      className={house['panel']}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        publish()
      }}
    >
      <h2>{desk.schema({ version: row.schema ?? 0 })}</h2>
      <TextField
        name={desk.schemaJson()}
        hint={desk.schemaHint()}
        lines={14}
        direction="ltr"
        maxLength={900_000}
        value={text}
        onChange={setText}
        fault={text.trim() === '' ? '' : fault}
      />
      <div className={house['row']}>
        <Button submit disabled={busy || fault !== ''}>
          {desk.publish()}
        </Button>
      </div>
      <FailureNote failure={failure} />
    </form>
  )
}

/** The schema as typed, and the first thing in it that does not fit. */
function readSchema(text: string): { schema: unknown; fault: string } {
  try {
    const schema: unknown = JSON.parse(text)
    const parsed = parseLabelSchema(schema)
    const [first] = parsed.ok ? [] : parsed.findings
    return { schema, fault: first === undefined ? '' : `${first.path} ${first.message}` }
  } catch (error) {
    return { schema: null, fault: error instanceof SyntaxError ? error.message : String(error) }
  }
}

function GuidelineForm({ row, onDone }: PanelProps) {
  const { desk } = useMessages()
  const { server, standing } = useHouse()
  const { busy, failure, run } = useAct()
  const [text, setText] = useState('')
  const publish = () =>
    void run(async () => {
      await server.ask('POST', `/projects/${row.project}/guidelines`, Version, { text })
      setText('')
      onDone()
    })
  return (
    <form
      className={house['panel']}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        publish()
      }}
    >
      <h2>{desk.guideline({ version: row.guideline ?? 0 })}</h2>
      {standing.door === 'inside' ? (
        <>
          <TextField
            name={desk.guidelineText()}
            hint={desk.guidelineHint()}
            lines={14}
            maxLength={200_000}
            value={text}
            onChange={setText}
          />
          <div className={house['row']}>
            <Button submit disabled={busy || text.trim() === ''}>
              {desk.publish()}
            </Button>
          </div>
          <FailureNote failure={failure} />
        </>
      ) : (
        <p className={house['soft']}>{desk.guidelineInside()}</p>
      )}
    </form>
  )
}

function Batches({ row }: { readonly row: Detail }) {
  const { desk } = useMessages()
  const time = useTime()
  return (
    <section className={house['panel']} aria-label={desk.batches()}>
      <p className={house['soft']}>{desk.batchesText({ project: row.project })}</p>
      <ul className={house['list']}>
        {row.batches.map(({ batch, name, state, accepted, rejected, began }) => (
          <li key={batch}>
            <bdi>{name}</bdi>
            <Badge tone={state === 'ready' ? 'good' : 'warn'}>{desk.batchState({ state })}</Badge>
            <span className={house['soft']}>
              {desk.batchLine({ accepted, rejected, time: time.full(began) })}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
