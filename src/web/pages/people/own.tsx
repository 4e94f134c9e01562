import { useState } from 'react'
import { Done } from '#shared/identity.ts'
import { Admission } from '#shared/workforce.ts'
import { Button } from '../../kit/button.tsx'
import { useMessages } from '../../kit/words.tsx'
import { ActDialog } from '../house/act.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'
import { PageHead } from '../house/page-head.tsx'
import { AdmissionSteps, Part, Recorded, Signed } from './admission.tsx'

/** What is recorded of oneself, what one signed, and what waits for one's signature. */
export function OwnPage() {
  const { people } = useMessages()
  const mine = useAsked('/me/admission', Admission)
  return (
    <main className={house['page']}>
      <PageHead title={people.ownTitle()} text={people.ownIntro()} />
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
  const ready = facts.vetted && facts.agreed && facts.trained
  return (
    <>
      <section className={house['panel']} aria-label={people.admission()}>
        <h2>{ready ? people.ownReady() : people.ownMissing()}</h2>
        <AdmissionSteps facts={facts} />
        <Waiting unsigned={facts.unsigned} onDone={onDone} />
      </section>
      <section className={house['panel']} aria-label={people.ownRecorded()}>
        <h2>{people.ownRecorded()}</h2>
        <Recorded
          facts={facts}
          agreements={
            <Part title={people.ownSigned()} none={people.ownSignedNone()} rows={facts.signed}>
              <Signed rows={facts.signed} />
            </Part>
          }
        />
      </section>
    </>
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
  const { people } = useMessages()
  const { server } = useHouse()
  const { agreement, version, title } = props.agreement
  return (
    <ActDialog
      onClose={props.onClose}
      title={people.signTitle({ title, version })}
      text={people.signText()}
      act={people.sign()}
      onAct={async () => {
        await server.ask('POST', '/agreements/signature', Done, { agreement, version })
      }}
    />
  )
}
