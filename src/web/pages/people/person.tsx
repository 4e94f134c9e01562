import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Static } from 'typebox'
import { Done, KeyReplaced, People } from '#shared/identity.ts'
import { Admission } from '#shared/workforce.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { useMessages } from '../../kit/words.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { useTime } from '../house/time.ts'
import { AdmissionSteps, Certificates, Courses, Shifts, Vettings } from './admission.tsx'
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
      <div>
        <Link className={house['link']} to="/people">
          {people.back()}
        </Link>
        <h1>
          <bdi>{row === undefined || row.name === '' ? person : row.name}</bdi>
        </h1>
        <p className={house['mono']}>{person}</p>
      </div>
      <Shown query={admission}>{(facts) => <AdmissionPanel facts={facts} />}</Shown>
      <div className={house['two']}>
        <VettingForm person={person} onDone={refresh} />
        <CourseForm person={person} onDone={refresh} />
        <CertificateForm person={person} onDone={refresh} />
        <ShiftForm person={person} onDone={refresh} />
      </div>
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
  const time = useTime()
  return (
    <section className={house['panel']} aria-label={people.admission()}>
      <h2>{people.admission()}</h2>
      <AdmissionSteps facts={facts} />
      <ul className={house['list']}>
        <Vettings rows={facts.vettings} />
        {facts.unsigned.map((one) => (
          <li key={one.agreement}>
            <bdi>{one.title}</bdi>
            <Badge tone="warn">{people.unsigned()}</Badge>
          </li>
        ))}
        {facts.signed.map(({ agreement, title, version, signedAt }) => (
          <li key={agreement}>
            {people.signedLine({ title, version, time: time.full(signedAt) })}
          </li>
        ))}
        <Courses rows={facts.courses} />
        <Certificates rows={facts.certificates} />
        <Shifts rows={facts.shifts} />
      </ul>
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
  const { kit, people } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const revoke = async () => {
    const done = await run(async () => {
      await server.ask('POST', `/people/${row.person}/revoke`, Done, {})
    })
    if (done) onClose()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={people.revokeTitle({ name: row.name })}
      text={people.revokeText()}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          <Button kind="danger" disabled={busy} onClick={() => void revoke()}>
            {people.revoke()}
          </Button>
        </>
      }
    >
      <FailureNote failure={failure} />
    </Dialog>
  )
}
