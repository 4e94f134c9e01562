import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Static } from 'typebox'
import { Done, KeyReplaced, People } from '#shared/identity.ts'
import { Admission } from '#shared/workforce.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Tabs } from '../../kit/tabs.tsx'
import { useMessages } from '../../kit/words.tsx'
import { ActDialog } from '../house/act.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { PageHead } from '../house/page-head.tsx'
import { codeOf } from '../house/person-code.ts'
import { AdmissionSteps, Part, Recorded, Signed } from './admission.tsx'
import { CodeDialog } from './code.tsx'
import { RolesPanel } from './roles.tsx'
import { CertificateForm, CourseForm, ShiftForm, VettingForm } from './forms.tsx'

/** One person: what stands between them and the work, and their keys. */
export function PersonPage() {
  const { people } = useMessages()
  const { person = '' } = useParams({ strict: false })
  const admission = useAsked(`/people/${encodeURIComponent(person)}/admission`, Admission)
  const all = useAsked('/people', People)
  const row = all.data?.people.find((one) => one.person === person)
  const refresh = () => {
    void admission.refetch()
    void all.refetch()
  }
  return (
    <main className={house['page']}>
      <PageHead
        title={row === undefined || row.name === '' ? codeOf(person) : row.name}
        text={<bdi className={house['mono']}>{person}</bdi>}
        back={{ to: '/people', words: people.back() }}
      />
      <Shown query={admission}>{(facts) => <AdmissionPanel facts={facts} />}</Shown>
      <section className={house['panel']} aria-label={people.recordTitle()}>
        <h2>{people.recordTitle()}</h2>
        <Tabs
          name={people.recordTitle()}
          tabs={[
            {
              id: 'check',
              words: people.check(),
              content: <VettingForm person={person} onDone={refresh} />,
            },
            {
              id: 'course',
              words: people.course(),
              content: <CourseForm person={person} onDone={refresh} />,
            },
            {
              id: 'certificate',
              words: people.certificate(),
              content: <CertificateForm person={person} onDone={refresh} />,
            },
            {
              id: 'shift',
              words: people.shift(),
              content: <ShiftForm person={person} onDone={refresh} />,
            },
          ]}
        />
      </section>
      {row === undefined ? null : (
        <>
          <RolesPanel row={row} onDone={refresh} />
          <KeysPanel row={row} onDone={refresh} />
        </>
      )}
    </main>
  )
}

function AdmissionPanel({ facts }: { readonly facts: Admission }) {
  const { people } = useMessages()
  return (
    <section className={house['panel']} aria-label={people.admission()}>
      <h2>{people.admission()}</h2>
      <AdmissionSteps facts={facts} />
      <Recorded
        facts={facts}
        agreements={
          <Part
            title={people.agreements()}
            none={people.agreementsNone()}
            rows={[...facts.unsigned, ...facts.signed]}
          >
            {facts.unsigned.map((one) => (
              <li key={one.agreement}>
                {people.agreementLine({ title: one.title, version: one.version })}
                <span className={house['push']} />
                <Badge tone="warn">{people.unsigned()}</Badge>
              </li>
            ))}
            <Signed rows={facts.signed} />
          </Part>
        }
      />
    </section>
  )
}

interface KeysPanelProps {
  readonly row: Static<typeof People>['people'][number]
  readonly onDone: () => void
}

/** A lost key is replaced by two people; a leaver is shut out everywhere by one act. */
function KeysPanel({ row, onDone }: KeysPanelProps) {
  const { people } = useMessages()
  const { server, standing } = useHouse()
  const { busy, failure, run } = useAct()
  const [code, setCode] = useState('')
  const [revoking, setRevoking] = useState(false)
  const place = `/people/${row.person}/key-replacement`
  const request = () =>
    void run(async () => {
      await server.ask('POST', place, Done, {})
      onDone()
    })
  const approve = () =>
    void run(async () => {
      const made = await server.ask('POST', `${place}/approval`, KeyReplaced, {})
      setCode(made.code)
      onDone()
    })
  const waits = row.replacement !== null
  const own = row.replacement?.requestedBy === standing.person
  return (
    <section className={house['panel']} aria-label={people.keysTitle()}>
      <h2>{people.keysTitle()}</h2>
      {row.revoked ? (
        <Badge tone="bad">{people.revoked()}</Badge>
      ) : (
        <>
          <p className={house['soft']}>{waits ? people.replacementText() : people.keysText()}</p>
          <div className={house['row']}>
            {waits ? (
              <Button kind="primary" disabled={busy || own} onClick={approve}>
                {people.approveReplacement()}
              </Button>
            ) : (
              <Button disabled={busy} onClick={request}>
                {people.requestReplacement()}
              </Button>
            )}
            <span className={house['push']} />
            <Button
              kind="danger"
              onClick={() => {
                setRevoking(true)
              }}
            >
              {people.revoke()}
            </Button>
          </div>
          {own ? <p className={house['soft']}>{people.secondNeeded()}</p> : null}
        </>
      )}
      <FailureNote failure={failure} />
      {code === '' ? null : (
        <CodeDialog
          code={code}
          onClose={() => {
            setCode('')
          }}
        />
      )}
      {revoking ? (
        <RevokeDialog
          row={row}
          onClose={() => {
            setRevoking(false)
            onDone()
          }}
        />
      ) : null}
    </section>
  )
}

function RevokeDialog({ row, onClose }: { row: KeysPanelProps['row']; onClose: () => void }) {
  const { people } = useMessages()
  const { server } = useHouse()
  return (
    <ActDialog
      onClose={onClose}
      title={people.revokeTitle({ name: row.name })}
      text={people.revokeText()}
      danger
      act={people.revoke()}
      onAct={async () => {
        await server.ask('POST', `/people/${row.person}/revoke`, Done, {})
      }}
    />
  )
}
