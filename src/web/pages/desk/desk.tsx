import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Static } from 'typebox'
import { ClientMade, Clients, ProjectMade, Projects } from '#shared/projects.ts'
import { Badge } from '../../kit/badge.tsx'
import { TextField } from '../../kit/field.tsx'
import { Select } from '../../kit/select.tsx'
import { Empty } from '../../kit/state.tsx'
import { Table } from '../../kit/table.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import { ActPanel } from '../house/act.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'
import { PageHead } from '../house/page-head.tsx'
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
      <PageHead title={desk.title()} text={desk.intro()} />
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
  const count = new Intl.NumberFormat(useLanguage())
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
          cell: ({ items }) => count.format(items),
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
  return (
    <div className={house['stack']}>
      <section className={house['panel']} aria-label={desk.clients()}>
        <h2>{desk.clients()}</h2>
        {rows.length === 0 ? <p className={house['soft']}>{desk.noClients()}</p> : null}
        <ul className={house['list']}>
          {rows.map(({ client, name, termsState }) => (
            <li key={client}>
              <Link className={house['link']} to="/desk/clients/$client" params={{ client }}>
                <bdi>{name}</bdi>
              </Link>
              <span className={house['push']} />
              <Badge tone={termsState === 'complete' ? 'good' : 'warn'}>
                {desk.termsState({ state: termsState })}
              </Badge>
            </li>
          ))}
        </ul>
      </section>
      {manages ? <NewClientPanel primary={rows.length === 0} onMade={onMade} /> : null}
    </div>
  )
}

function NewClientPanel({ primary, onMade }: { primary: boolean; onMade: () => void }) {
  const { desk } = useMessages()
  const { server } = useHouse()
  const [name, setName] = useState('')
  return (
    <ActPanel
      title={desk.newClient()}
      primary={primary}
      ready={name.trim() !== ''}
      act={desk.makeClient()}
      onAct={async () => {
        await server.ask('POST', '/clients', ClientMade, { name: name.trim() })
        setName('')
        onMade()
      }}
    >
      <TextField name={desk.clientName()} maxLength={200} value={name} onChange={setName} />
    </ActPanel>
  )
}

const kinds = ['text', 'audio', 'image'] as const

function NewProjectPanel({ clients, onMade }: { clients: readonly Client[]; onMade: () => void }) {
  const { desk, bench } = useMessages()
  const { server } = useHouse()
  const [client, setClient] = useState(clients[0]?.client ?? '')
  const [code, setCode] = useState('')
  const [kind, setKind] = useState<(typeof kinds)[number]>('text')
  const [instruction, setInstruction] = useState('')
  const fits = /^[a-z0-9][a-z0-9-]{0,39}$/.test(code)
  return (
    <ActPanel
      title={desk.newProject()}
      primary
      ready={fits && instruction.trim() !== ''}
      act={desk.makeProject()}
      onAct={async () => {
        const body = { client, code, kind, instruction: instruction.trim() }
        await server.ask('POST', '/projects', ProjectMade, body)
        setCode('')
        setInstruction('')
        onMade()
      }}
    >
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
    </ActPanel>
  )
}
