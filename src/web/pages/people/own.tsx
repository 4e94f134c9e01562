import { useState, type ReactNode } from 'react'
import { Done } from '#shared/identity.ts'
import { Admission } from '#shared/workforce.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { useMessages } from '../../kit/words.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { useTime } from '../house/time.ts'
import { AdmissionSteps, Certificates, Courses, Shifts, Vettings } from './admission.tsx'

/** What is recorded of oneself, what one signed, and what waits for one's signature. */
export function OwnPage() {
  const { people } = useMessages()
  const mine = useAsked('/me/admission', Admission)
  return (
    <main className={house['page']}>
      <div>
        <h1>{people.ownTitle()}</h1>
        <p className={house['intro']}>{people.ownIntro()}</p>
      </div>
      <Shown query={mine}>
        {(facts) => <Own facts={facts} onDone={() => void mine.refetch()} />}
      </Shown>
    </main>
  )
}

interface OwnProps {
  readonly facts: Admission
  readonly onDone: () => void
}

function Own({ facts, onDone }: OwnProps) {
  const { people } = useMessages()
  const time = useTime()
  const ready = facts.vetted && facts.agreed && facts.trained
  return (
    <>
      <section className={house['panel']} aria-label={people.admission()}>
        <AdmissionSteps facts={facts} />
        <p>{ready ? people.ownReady() : people.ownMissing()}</p>
      </section>
      <Waiting unsigned={facts.unsigned} onDone={onDone} />
      <div className={house['two']}>
        <Part title={people.ownSigned()} none={people.ownSignedNone()} rows={facts.signed}>
          {facts.signed.map(({ agreement, title, version, signedAt }) => (
            <li key={agreement}>
              {people.signedLine({ title, version, time: time.full(signedAt) })}
            </li>
          ))}
        </Part>
        <Part title={people.ownTraining()} none={people.ownTrainingNone()} rows={facts.courses}>
          <Courses rows={facts.courses} />
        </Part>
        <Part
          title={people.ownCertificates()}
          none={people.ownCertificatesNone()}
          rows={facts.certificates}
        >
          <Certificates rows={facts.certificates} />
        </Part>
        <Part title={people.ownVetting()} none={people.ownVettingNone()} rows={facts.vettings}>
          <Vettings rows={facts.vettings} />
        </Part>
        <Part title={people.ownShifts()} none={people.ownShiftsNone()} rows={facts.shifts}>
          <Shifts rows={facts.shifts} />
        </Part>
      </div>
    </>
  )
}

interface PartProps {
  readonly title: string
  /** Said where there are no rows. */
  readonly none: string
  readonly rows: readonly unknown[]
  readonly children: ReactNode
}

function Part({ title, none, rows, children }: PartProps) {
  return (
    <section className={house['panel']} aria-label={title}>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p className={house['soft']}>{none}</p>
      ) : (
        <ul className={house['list']}>{children}</ul>
      )}
    </section>
  )
}

type Agreement = Admission['unsigned'][number]

function Waiting({ unsigned, onDone }: Pick<OwnProps, 'onDone'> & { unsigned: Agreement[] }) {
  const { people } = useMessages()
  const [signing, setSigning] = useState<Agreement | null>(null)
  return (
    <Part title={people.ownWaiting()} none={people.ownNothingWaits()} rows={unsigned}>
      {unsigned.map((one) => (
        <li key={one.agreement}>
          {people.agreementLine({ title: one.title, version: one.version })}
          <span className={house['push']} />
          <Button
            kind="primary"
            onClick={() => {
              setSigning(one)
            }}
          >
            {people.sign()}
          </Button>
        </li>
      ))}
      {signing === null ? null : (
        <SignDialog
          agreement={signing}
          onClose={() => {
            setSigning(null)
            onDone()
          }}
        />
      )}
    </Part>
  )
}

function SignDialog(props: { readonly agreement: Agreement; readonly onClose: () => void }) {
  const { kit, people } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const { agreement, version, title } = props.agreement
  const sign = async () => {
    const done = await run(async () => {
      await server.ask('POST', '/agreements/signature', Done, { agreement, version })
    })
    if (done) props.onClose()
  }
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={people.signTitle({ title, version })}
      text={people.signText()}
      actions={
        <>
          <Button onClick={props.onClose}>{kit.cancel()}</Button>
          <Button kind="primary" disabled={busy} onClick={() => void sign()}>
            {people.sign()}
          </Button>
        </>
      }
    >
      <FailureNote failure={failure} />
    </Dialog>
  )
}
