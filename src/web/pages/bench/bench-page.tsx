import { useEffect, useState, useSyncExternalStore } from 'react'
import type { BenchApi } from '../../api/bench-api.ts'
import { BenchSession, type Moment } from '../../bench/core/session.ts'
import { Curtain } from '../../kit/blank.tsx'
import { Button } from '../../kit/button.tsx'
import { blockCopying } from '../../kit/guard.ts'
import { Empty, Loading, Refused } from '../../kit/state.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import { Workbench } from './workbench.tsx'

const timers = {
  after(milliseconds: number, work: () => void) {
    const timer = setTimeout(work, milliseconds)
    return () => {
      clearTimeout(timer)
    }
  },
}

/** The Bench: takes the person's next item and shows it, or says why there is none. */
export function BenchPage({ api }: { readonly api: BenchApi }) {
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
    <Curtain closed={stage.is === 'closed' ? { reasons: stage.reasons } : null} onAskAgain={again}>
      <Stage api={api} session={session} moment={moment} onAgain={again} />
    </Curtain>
  )
}

interface StageProps {
  readonly api: BenchApi
  readonly session: BenchSession
  readonly moment: Moment
  readonly onAgain: () => void
}

function Stage({ api, session, moment, onAgain }: StageProps) {
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
        />
      )
    case 'empty':
      return (
        <Empty title={bench.emptyTitle()} text={bench.emptyText()}>
          <Button onClick={onAgain}>{bench.lookAgain()}</Button>
        </Empty>
      )
    case 'failed':
      return (
        <Refused title={bench.failedTitle()} text={bench.failedText()}>
          <Button onClick={onAgain}>{bench.tryAgain()}</Button>
        </Refused>
      )
    case 'loading':
      return <Loading title={bench.loadingTitle()} text={bench.loadingText()} />
    case 'closed':
      return null
  }
}
