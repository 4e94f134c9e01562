import { useState } from 'react'
import { KeyNotGiven } from '../../api/keys.ts'
import { Refusal } from '../../api/server.ts'
import { Button } from '../../kit/button.tsx'
import { conditionWords } from '../../kit/conditions.ts'
import { Refused } from '../../kit/state.tsx'
import { useMessages } from '../../kit/words.tsx'
import type { Messages } from '../../locales/messages.gen.ts'
import css from './house.module.css'

export type Failure = Refusal | KeyNotGiven

/** What went wrong and what to do, in one or several sentences. */
export function failureWords(
  { refusals, house }: Pick<Messages, 'refusals' | 'house'>,
  failure: Failure,
): readonly string[] {
  if (failure instanceof KeyNotGiven) return [house.keyNotGiven()]
  if (failure.kind === 'access-denied') return conditionWords(refusals, failure.conditions)
  if (failure.kind === 'not-ready' && failure.missing !== null)
    return [
      refusals.notReady({
        missing: failure.missing.replaceAll('-', '_'),
        open: failure.open ?? 0,
      }),
    ]
  const words = refusals.problem({ kind: failure.kind.replaceAll('-', '_') })
  const told = failure.faults.map(({ path, message }) => `${path} ${message}`)
  const number =
    failure.kind === 'internal' && failure.number !== null
      ? [house.eventNumber({ number: failure.number })]
      : []
  return [words, ...told, ...number]
}

/** A failure beside what failed; nothing while there is none. */
export function FailureNote({ failure }: { readonly failure: Failure | null }) {
  const messages = useMessages()
  if (failure === null) return null
  return (
    <div className={css['failure']} role="alert">
      {failureWords(messages, failure).map((words) => (
        <p key={words}>{words}</p>
      ))}
    </div>
  )
}

/** A failure in the place of what could not be shown. */
export function FailurePage({ error, onAgain }: { error: Error; onAgain?: () => void }) {
  const messages = useMessages()
  const known = error instanceof Refusal || error instanceof KeyNotGiven
  const failure = known ? error : new Refusal('unexpected')
  return (
    <Refused title={messages.house.notShown()} text={failureWords(messages, failure).join(' ')}>
      {onAgain === undefined ? null : (
        <Button onClick={onAgain}>{messages.house.tryAgain()}</Button>
      )}
    </Refused>
  )
}

export interface Act {
  readonly busy: boolean
  readonly failure: Failure | null
  /** Does the work and says whether it was done; otherwise `failure` says why not. */
  readonly run: (work: () => Promise<void>) => Promise<boolean>
}

/** One act at a time, with what became of it. */
export function useOneAct(): Act {
  const [state, setState] = useState<Omit<Act, 'run'>>({ busy: false, failure: null })
  const run = async (work: () => Promise<void>): Promise<boolean> => {
    setState({ busy: true, failure: null })
    try {
      await work()
      setState({ busy: false, failure: null })
      return true
    } catch (error) {
      const known = error instanceof Refusal || error instanceof KeyNotGiven
      setState({ busy: false, failure: known ? error : new Refusal('unexpected') })
      return false
    }
  }
  return { ...state, run }
}
