import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Static } from 'typebox'
import { ClientMade, Clients, ProjectMade, Projects } from '#shared/projects.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { TextField } from '../../kit/field.tsx'
import { Select } from '../../kit/select.tsx'
import { Empty } from '../../kit/state.tsx'
import { Table } from '../../kit/table.tsx'
import { useMessages } from '../../kit/words.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { ProjectStateBadge } from './state.tsx'

/** Clients and their projects: where a manager begins. */
export function DeskPage() {
  const { desk } = useMessages()
  const manages = useHouse().standing.roles.includes('manager')
  const clients = useAsked('/clients', Clients)
  const projects = useAsked('/projects', Projects)
  const refresh = () => {
    void clients.refetch()
    void projects.refetch()
  }
  return (
    <main className={house['page']}>
      <div>
        <h1>{desk.title()}</h1>
        <p className={house['intro']}>{desk.intro()}</p>
      </div>
      <Shown query={projects}>
        {({ projects: rows }) =>
          rows.length === 0 ? (
            <Empty title={desk.noProjects()} text={desk.noProjectsText()} />
          ) : (
            <ProjectTable rows={rows} clients={clients.data?.clients ?? []} />
          )
        }
      </Shown>
      <Shown query={clients}>
        {({ clients: rows }) => (
          <div className={house['two']}>
            <ClientsPanel rows={rows} manages={manages} onMade={refresh} />
            {rows.length === 0 || !manages ? null : (
              <NewProjectPanel clients={rows} onMade={refresh} />
            )}
          </div>
        )}
      </Shown>
    </main>
  )
}

type Client = Static<typeof Clients>['clients'][number]
type Project = Static<typeof Projects>['projects'][number]

function ProjectTable(props: {
  readonly rows: readonly Project[]
  readonly clients: readonly Client[]
}) {
  const { desk, bench } = useMessages()
  const name = (id: string) => props.clients.find(({ client }) => client === id)?.name ?? id
  return (
    <Table
      name={desk.projects()}
      rows={props.rows}
      rowId={({ project }) => project}
      columns={[
        {
          id: 'code',
          words: desk.code(),
          cell: ({ project, code }) => (
            <Link className={house['link']} to="/desk/projects/$project" params={{ project }}>
              <bdi>{code}</bdi>
            </Link>
          ),
          by: ({ code }) => code,
        },
        {
          id: 'client',
          words: desk.client(),
          cell: ({ client }) => <bdi>{name(client)}</bdi>,
          by: ({ client }) => name(client),
        },
        { id: 'kind', words: desk.kind(), cell: ({ kind }) => bench.kind({ kind }) },
        {
          id: 'state',
          words: desk.state(),
          cell: ({ state }) => <ProjectStateBadge state={state} />,
          by: ({ state }) => state,
        },
        {
          id: 'items',
          words: desk.items(),
          end: true,
          cell: ({ items }) => items,
          by: ({ items }) => items,
        },
      ]}
    />
  )
}

interface ClientsPanelProps {
  readonly rows: readonly Client[]
  /** Whether this person enters clients, or only reads of them to release deliveries. */
  readonly manages: boolean
  readonly onMade: () => void
}

function ClientsPanel({ rows, manages, onMade }: ClientsPanelProps) {
  const { desk } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const [name, setName] = useState('')
  const make = () =>
    void run(async () => {
      await server.ask('POST', '/clients', ClientMade, { name: name.trim() })
      setName('')
      onMade()
    })
  return (
    <form
      className={house['panel']}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        make()
      }}
    >
      <h2>{desk.clients()}</h2>
      <ul className={house['list']}>
        {rows.map(({ client, name: called, termsComplete }) => (
          <li key={client}>
            <Link className={house['link']} to="/desk/clients/$client" params={{ client }}>
              <bdi>{called}</bdi>
            </Link>
            <Badge tone={termsComplete ? 'good' : 'warn'}>
              {termsComplete ? desk.termsComplete() : desk.termsIncomplete()}
            </Badge>
          </li>
        ))}
      </ul>
      {manages ? (
        <>
          <TextField name={desk.newClient()} maxLength={200} value={name} onChange={setName} />
          <div className={house['row']}>
            <Button submit disabled={busy || name.trim() === ''}>
              {desk.make()}
            </Button>
          </div>
        </>
      ) : null}
      <FailureNote failure={failure} />
    </form>
  )
}

const kinds = ['text', 'audio', 'image'] as const

function NewProjectPanel({ clients, onMade }: { clients: readonly Client[]; onMade: () => void }) {
  const { desk, bench } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const [client, setClient] = useState(clients[0]?.client ?? '')
  const [code, setCode] = useState('')
  const [kind, setKind] = useState<(typeof kinds)[number]>('text')
  const [instruction, setInstruction] = useState('')
  const fits = /^[a-z0-9][a-z0-9-]{0,39}$/.test(code)
  const make = () =>
    void run(async () => {
      const body = { client, code, kind, instruction: instruction.trim() }
      await server.ask('POST', '/projects', ProjectMade, body)
      setCode('')
      setInstruction('')
      onMade()
    })
  return (
    <form
      className={house['panel']}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        make()
      }}
    >
      <h2>{desk.newProject()}</h2>
      <Select
        name={desk.client()}
        value={client}
        onChange={setClient}
        options={clients.map((one) => ({ value: one.client, words: one.name }))}
      />
      <TextField
        name={desk.code()}
        hint={desk.codeHint()}
        direction="ltr"
        maxLength={40}
        value={code}
        onChange={setCode}
        fault={code !== '' && !fits ? desk.codeHint() : ''}
      />
      <Select
        name={desk.kind()}
        value={kind}
        onChange={setKind}
        options={kinds.map((value) => ({ value, words: bench.kind({ kind: value }) }))}
      />
      <TextField
        name={desk.instruction()}
        hint={desk.instructionHint()}
        lines={2}
        maxLength={500}
        value={instruction}
        onChange={setInstruction}
      />
      <div className={house['row']}>
        <Button kind="primary" submit disabled={busy || !fits || instruction.trim() === ''}>
          {desk.make()}
        </Button>
      </div>
      <FailureNote failure={failure} />
    </form>
  )
}
