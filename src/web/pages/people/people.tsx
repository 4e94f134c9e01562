import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Static } from 'typebox'
import { Done, NewPersonMade, People, siteRoles, type SiteRole } from '#shared/identity.ts'
import { Badge } from '../../kit/badge.tsx'
import { Check, TextField } from '../../kit/field.tsx'
import { Empty } from '../../kit/state.tsx'
import { Table } from '../../kit/table.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import { ActPanel } from '../house/act.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'
import { PageHead } from '../house/page-head.tsx'
import { CodeDialog } from './code.tsx'
import { WaitingRoles } from './roles.tsx'

/** Everybody who works here: who they are, what they may, and how a new one begins. */
export function PeoplePage() {
  const { people } = useMessages()
  const all = useAsked('/people', People)
  const refresh = () => {
    void all.refetch()
  }
  return (
    <main className={house['page']}>
      <PageHead title={people.title()} text={people.intro()} />
      <Shown query={all}>
        {({ people: rows }) =>
          rows.length === 0 ? (
            <Empty title={people.none()} text={people.noneText()} />
          ) : (
            <>
              <WaitingRoles rows={rows} onDone={refresh} />
              <Everybody rows={rows} />
            </>
          )
        }
      </Shown>
      <div className={house['two']}>
        <NewPersonPanel onMade={refresh} />
        <AgreementPanel />
      </div>
    </main>
  )
}

type Row = Static<typeof People>['people'][number]

function Everybody({ rows }: { readonly rows: readonly Row[] }) {
  const { people } = useMessages()
  const count = new Intl.NumberFormat(useLanguage())
  return (
    <Table
      name={people.title()}
      rows={rows}
      rowId={({ person }) => person}
      columns={[
        {
          id: 'name',
          words: people.name(),
          cell: ({ person, name }) => (
            <Link className={house['link']} to="/people/$person" params={{ person }}>
              <bdi>{name === '' ? person : name}</bdi>
            </Link>
          ),
          by: ({ name }) => name,
        },
        {
          id: 'roles',
          words: people.roles(),
          cell: ({ roles }) =>
            roles.length === 0 ? '–' : roles.map((role) => people.roleWords({ role })).join(' · '),
        },
        {
          id: 'keys',
          words: people.keys(),
          end: true,
          cell: ({ keys }) => count.format(keys),
          by: ({ keys }) => keys,
        },
        {
          id: 'state',
          words: people.state(),
          cell: ({ revoked, keys, replacement, waiting }) =>
            revoked ? (
              <Badge tone="bad">{people.revoked()}</Badge>
            ) : replacement !== null ? (
              <Badge tone="warn">{people.replacementWaits()}</Badge>
            ) : keys === 0 ? (
              <Badge tone="warn">{people.noKey()}</Badge>
            ) : waiting.length > 0 ? (
              <Badge tone="warn">{people.roleWaits()}</Badge>
            ) : (
              <Badge tone="good">{people.active()}</Badge>
            ),
        },
      ]}
    />
  )
}

function NewPersonPanel({ onMade }: { readonly onMade: () => void }) {
  const { people } = useMessages()
  const { server } = useHouse()
  const [name, setName] = useState('')
  const [roles, setRoles] = useState<readonly SiteRole[]>([])
  const [code, setCode] = useState('')
  return (
    <>
      <ActPanel
        title={people.newTitle()}
        text={people.newText()}
        primary
        ready={name.trim() !== ''}
        act={people.make()}
        onAct={async () => {
          const body = { name: name.trim(), roles }
          const made = await server.ask('POST', '/people', NewPersonMade, body)
          setCode(made.code)
          setName('')
          setRoles([])
          onMade()
        }}
      >
        <TextField name={people.name()} maxLength={200} value={name} onChange={setName} />
        <fieldset className={house['ticks']}>
          <legend>{people.roles()}</legend>
          {siteRoles.map((role) => (
            <Check
              key={role}
              checked={roles.includes(role)}
              onChange={(checked) => {
                setRoles(checked ? [...roles, role] : roles.filter((one) => one !== role))
              }}
            >
              {people.roleWords({ role })}
            </Check>
          ))}
          <p className={house['soft']}>{people.rolesHint()}</p>
        </fieldset>
      </ActPanel>
      {code === '' ? null : (
        <CodeDialog
          code={code}
          onClose={() => {
            setCode('')
          }}
        />
      )}
    </>
  )
}

/** A new version of an agreement: everybody has to sign it before they work on. */
function AgreementPanel() {
  const { people } = useMessages()
  const { server } = useHouse()
  const [agreement, setAgreement] = useState('')
  const [version, setVersion] = useState('1')
  const [title, setTitle] = useState('')
  const [published, setPublished] = useState('')
  const unfit = agreement.trim() === '' || title.trim() === '' || !/^[1-9]\d{0,3}$/.test(version)
  return (
    <ActPanel
      title={people.agreementTitle()}
      text={people.agreementText()}
      ready={!unfit}
      act={people.publish()}
      onAct={async () => {
        const body = { agreement: agreement.trim(), version: Number(version), title: title.trim() }
        await server.ask('POST', '/agreements', Done, body)
        setPublished(title.trim())
        setTitle('')
      }}
    >
      <TextField name={people.agreementName()} maxLength={200} value={title} onChange={setTitle} />
      <div className={house['fields']}>
        <TextField
          name={people.agreement()}
          hint={people.wordHint()}
          direction="ltr"
          maxLength={80}
          value={agreement}
          onChange={setAgreement}
        />
        <TextField name={people.version()} direction="ltr" value={version} onChange={setVersion} />
      </div>
      {published === '' ? null : <p role="status">{people.published({ title: published })}</p>}
    </ActPanel>
  )
}
