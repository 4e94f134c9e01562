import { useEffect, useState, type ReactNode } from 'react'
import css from './blank.module.css'
import { Button } from './button.tsx'
import { conditionWords } from './conditions.ts'
import { useMessages } from './words.tsx'

export interface Closed {
  /** Ids of the gate's conditions that do not hold. */
  readonly conditions: readonly string[]
}

interface CurtainProps {
  /** Set while the person may not see: everything below is taken out of the page. */
  readonly closed: Closed | null
  readonly onAskAgain: () => void
  /** Offered where a sign-in is all that is missing. */
  readonly onSignIn?: () => void
  readonly children: ReactNode
}

/**
 * Stands around everything confidential. Closed, it does not cover its content but discards it:
 * the children unmount, and what they held is gone. While the window has lost the focus it hides
 * them behind a cover, and keeps their state.
 */
export function Curtain({ closed, onAskAgain, onSignIn, children }: CurtainProps) {
  const away = useAway()
  if (closed !== null)
    return <Blank closed={closed} onAskAgain={onAskAgain} {...(onSignIn && { onSignIn })} />
  return (
    <>
      <div style={{ display: 'contents', visibility: away ? 'hidden' : 'visible' }}>{children}</div>
      {away ? <Cover /> : null}
    </>
  )
}

interface BlankProps {
  readonly closed: Closed
  readonly onAskAgain: () => void
  readonly onSignIn?: () => void
}

function Blank({ closed: { conditions }, onAskAgain, onSignIn }: BlankProps) {
  const { kit, refusals } = useMessages()
  const signIn = conditions.includes('session') && !conditions.includes('presence')
  return (
    <main className={css['blank']}>
      <div className={css['message']} role="alert">
        <h1>{kit.blankTitle()}</h1>
        <p>{kit.blankText()}</p>
        <ul className={css['reasons']}>
          {conditionWords(refusals, conditions).map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
        <div className={css['ways']}>
          {signIn && onSignIn !== undefined ? (
            <Button kind="primary" onClick={onSignIn}>
              {kit.signInAgain()}
            </Button>
          ) : null}
          <Button onClick={onAskAgain}>{kit.askAgain()}</Button>
        </div>
      </div>
    </main>
  )
}

function Cover() {
  const { kit } = useMessages()
  return (
    <div className={css['cover']} role="status">
      {kit.coverText()}
    </div>
  )
}

/** Whether the person's eyes or keyboard are in another window. */
function useAway(): boolean {
  const [away, setAway] = useState(false)
  useEffect(() => {
    const look = () => {
      setAway(document.visibilityState === 'hidden' || !document.hasFocus())
    }
    const events = [
      [window, 'blur'],
      [window, 'focus'],
      [document, 'visibilitychange'],
    ] as const
    for (const [target, name] of events) target.addEventListener(name, look)
    return () => {
      for (const [target, name] of events) target.removeEventListener(name, look)
    }
  }, [])
  return away
}
