import { useEffect, useState, useSyncExternalStore } from 'react'
import type { BenchApi } from '../../api/bench-api.ts'
import { BenchSession, type Moment } from '../../bench/core/session.ts'
import { Curtain } from '../../kit/blank.tsx'
import { Button } from '../../kit/button.tsx'
import { blockCopying } from '../../kit/guard.ts'
import { Empty, Loading, Refused } from '../../kit/state.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import { timers } from '../../timers.ts'
import { Workbench } from './workbench.tsx'

interface BenchPageProps {
  readonly api: BenchApi
  readonly onSignIn?: () => void
  readonly onOtherWork?: () => void
}

/** The Bench: takes the person's next item and shows it, or says why there is none. */
export function BenchPage({ api, onSignIn, onOtherWork }: BenchPageProps) {
  const [session] = useState(() => new BenchSession(api, timers))
  const moment = useSyncExternalStore(
    (listener) => session.subscribe(listener),
    () => session.moment,
  )
  useEffect(() => {
    void session.next()
    const release = blockCopying(document)
    return () => {
      release()
      session.destroy()
    }
  }, [session])
  const { stage } = moment
  const again = () => {
    void session.next()
  }
  return (
    <Curtain
      closed={stage.is === 'closed' ? { conditions: stage.conditions } : null}
      onAskAgain={again}
      {...(onSignIn && { onSignIn })}
    >
      <Stage
        api={api}
        session={session}
        moment={moment}
        onAgain={again}
        {...(onOtherWork && { onOtherWork })}
      />
    </Curtain>
  )
}

interface StageProps {
  readonly api: BenchApi
  readonly session: BenchSession
  readonly moment: Moment
  readonly onAgain: () => void
  readonly onOtherWork?: () => void
}

function Stage({ api, session, moment, onAgain, onOtherWork }: StageProps) {
  const language = useLanguage()
  const { bench } = useMessages()
  switch (moment.stage.is) {
    case 'open':
      return (
        <Workbench
          // Anew for another item, and in another language.
          key={`${moment.stage.item.task} ${language}`}
          api={api}
          session={session}
          moment={moment}
          open={moment.stage}
          {...(onOtherWork && { onOtherWork })}
        />
      )
    case 'empty':
      return (
        <Empty title={bench.emptyTitle()} text={bench.emptyText()}>
          <Button onClick={onAgain}>{bench.lookAgain()}</Button>
          {onOtherWork === undefined ? null : (
            <Button kind="quiet" onClick={onOtherWork}>
              {bench.otherWork()}
            </Button>
          )}
        </Empty>
      )
    case 'failed':
      return (
        <Refused title={bench.failedTitle()} text={bench.failedText()}>
          <Button onClick={onAgain}>{bench.tryAgain()}</Button>
        </Refused>
      )
    case 'lost':
      return (
        <Empty title={bench.lostTitle()} text={bench.lostText()}>
          <Button onClick={onAgain}>{bench.takeNext()}</Button>
        </Empty>
      )
    case 'loading':
      return <Loading title={bench.loadingTitle()} text={bench.loadingText()} />
    case 'closed':
      return null
  }
}
