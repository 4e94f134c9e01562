import { useEffect, useState } from 'react'
import { offersSoftwareKey, registerKey, signIn, type KeyChoice } from '../../api/keys.ts'
import type { Server } from '../../api/server.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { TextField } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'
import { FailureNote, useOneAct } from './failure.tsx'
import css from './house.module.css'

interface SignInProps {
  readonly server: Server
  readonly onSignedIn: () => void
}

/** The one way in: a key, and for the first time a one-time code that makes one. */
export function SignIn({ server, onSignedIn }: SignInProps) {
  const { kit, house } = useMessages()
  const [first, setFirst] = useState(false)
  const software = useSoftwareKey(server)
  return (
    <main className={css['entry']}>
      <div className={css['card']}>
        <div className={css['product']}>
          <span className={css['arch']} aria-hidden="true" />
          <span translate="no">{kit.product()}</span>
          {software ? <Badge tone="warn">{kit.demonstration()}</Badge> : null}
        </div>
        {first ? (
          <Register {...{ server, software, onSignedIn }} />
        ) : (
          <Enter {...{ server, software, onSignedIn }} />
        )}
        <Button
          kind="quiet"
          onClick={() => {
            setFirst(!first)
          }}
        >
          {first ? house.haveKey() : house.firstTime()}
        </Button>
      </div>
    </main>
  )
}

/** Whether a software key is offered here; false until that is known. */
export function useSoftwareKey(server: Server): boolean {
  const [offered, setOffered] = useState(false)
  useEffect(() => {
    let current = true
    void offersSoftwareKey(server).then((answer) => {
      if (current) setOffered(answer)
    })
    return () => {
      current = false
    }
  }, [server])
  return offered
}

type FormProps = SignInProps & { readonly software: boolean }

function Enter({ server, software, onSignedIn }: FormProps) {
  const { house } = useMessages()
  const [name, setName] = useState('')
  const { busy, failure, run } = useOneAct()
  const enter = (choice: KeyChoice) => {
    void run(async () => {
      await signIn(server, choice)
      onSignedIn()
    })
  }
  const named = name.trim() === '' ? {} : { name: name.trim() }
  return (
    <>
      <h1>{house.signInTitle()}</h1>
      <p className={css['soft']}>{house.signInText()}</p>
      <Button
        kind="primary"
        disabled={busy}
        onClick={() => {
          enter({ by: 'browser' })
        }}
      >
        {house.useKey()}
      </Button>
      {software ? (
        <form
          className={css['other']}
          autoComplete="off"
          onSubmit={(event) => {
            event.preventDefault()
            enter({ by: 'software', ...named })
          }}
        >
          <TextField
            name={house.softwareName()}
            hint={house.softwareHint()}
            maxLength={128}
            value={name}
            onChange={setName}
          />
          <Button submit disabled={busy}>
            {house.softwareKey()}
          </Button>
        </form>
      ) : null}
      <FailureNote failure={failure} />
    </>
  )
}

const codeShape = /^[A-Za-z2-7-]{20,30}$/

function Register({ server, software, onSignedIn }: FormProps) {
  const { house } = useMessages()
  const [code, setCode] = useState('')
  const [made, setMade] = useState<KeyChoice | null>(null)
  const { busy, failure, run } = useOneAct()
  const typed = code.trim()
  const unfit = !codeShape.test(typed)
  const register = (choice: KeyChoice) => {
    void run(async () => {
      if (made === null) await registerKey(server, typed, choice)
      setMade(choice)
      await signIn(server, choice)
      onSignedIn()
    })
  }
  return (
    <form
      className={css['form']}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        if (!unfit) register({ by: 'browser' })
      }}
    >
      <h1>{house.registerTitle()}</h1>
      <p className={css['soft']}>{house.registerText()}</p>
      <TextField
        name={house.code()}
        hint={house.codeHint()}
        direction="ltr"
        maxLength={30}
        value={code}
        onChange={setCode}
        fault={typed !== '' && unfit && typed.length >= 20 ? house.codeFault() : ''}
      />
      <div className={css['ways']}>
        <Button kind="primary" submit disabled={busy || unfit}>
          {house.makeKey()}
        </Button>
        {software ? (
          <Button
            disabled={busy || unfit}
            onClick={() => {
              register({ by: 'software' })
            }}
          >
            {house.makeSoftwareKey()}
          </Button>
        ) : null}
      </div>
      {made === null ? null : <p role="status">{house.keyMade()}</p>}
      <FailureNote failure={failure} />
    </form>
  )
}
