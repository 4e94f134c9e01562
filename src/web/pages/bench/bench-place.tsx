import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { Work } from '#shared/annotation.ts'
import { HttpBench, type Seat } from '../../api/http-bench.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { conditionWords } from '../../kit/conditions.ts'
import { Empty, Loading } from '../../kit/state.tsx'
import { useMessages } from '../../kit/words.tsx'
import { FailurePage } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'
import { BenchPage } from './bench-page.tsx'
import css from './bench.module.css'

/** The Bench's place in the house: which work there is, and then one item after the other. */
export function BenchPlace() {
  const [seat, setSeat] = useState<Seat | null>(null)
  if (seat === null) return <Home onSeat={setSeat} />
  return (
    <Seated
      key={`${seat.project} ${seat.mode}`}
      seat={seat}
      onLeave={() => {
        setSeat(null)
      }}
    />
  )
}

function Seated({ seat, onLeave }: { readonly seat: Seat; readonly onLeave: () => void }) {
  const { server, line, onSignIn } = useHouse()
  const api = useMemo(() => new HttpBench(server, line, seat), [server, line, seat])
  return <BenchPage api={api} onSignIn={onSignIn} onOtherWork={onLeave} />
}

type Project = Work['projects'][number]

/** What somebody may work on. Counts and codes only: no content before an item is taken. */
function Home({ onSeat }: { readonly onSeat: (seat: Seat) => void }) {
  const { bench, house: words } = useMessages()
  const { server } = useHouse()
  const work = useQuery({ queryKey: ['work'], queryFn: () => server.ask('GET', '/work', Work) })
  if (work.isPending) return <Loading title={words.loading()} text={words.loadingText()} />
  if (work.isError) return <FailurePage error={work.error} onAgain={() => void work.refetch()} />
  if (work.data.projects.length === 0)
    return <Empty title={bench.homeNone()} text={bench.homeNoneText()} />
  return (
    <main className={house['page']}>
      <div>
        <h1>{bench.homeTitle()}</h1>
        <p className={house['intro']}>{bench.homeText()}</p>
      </div>
      <div className={house['two']}>
        {work.data.projects.map((project) => (
          <ProjectPanel key={project.project} project={project} onSeat={onSeat} />
        ))}
      </div>
    </main>
  )
}

interface ProjectPanelProps {
  readonly project: Project
  readonly onSeat: (seat: Seat) => void
}

function ProjectPanel({ project, onSeat }: ProjectPanelProps) {
  const { bench, refusals, house: words } = useMessages()
  const { onSignIn } = useHouse()
  const { code, kind, roles, waiting, held, heldReview, conditions } = project
  const closed = conditions.length > 0
  const seats = [
    ...(roles.includes('annotator')
      ? [{ mode: 'annotate' as const, count: waiting.annotate, inHand: held !== null }]
      : []),
    ...(roles.includes('reviewer')
      ? [{ mode: 'review' as const, count: waiting.review, inHand: heldReview !== null }]
      : []),
  ]
  return (
    <section className={house['panel']} aria-label={code}>
      <div className={house['head']}>
        <h2>
          <bdi>{code}</bdi>
        </h2>
        <Badge>{bench.kind({ kind })}</Badge>
        {closed ? <Badge tone="warn">{bench.homeClosed()}</Badge> : null}
      </div>
      {closed ? (
        <ul className={css['conditions']}>
          {conditionWords(refusals, conditions).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      ) : null}
      {conditions.includes('session') && !conditions.includes('presence') ? (
        <Button onClick={onSignIn}>{words.signInTitle()}</Button>
      ) : null}
      <ul className={house['list']}>
        {seats.map(({ mode, count, inHand }) => (
          <li key={mode}>
            <strong>{mode === 'annotate' ? bench.annotate() : bench.reviewing()}</strong>
            <span className={house['soft']}>{bench.waiting({ count })}</span>
            {inHand ? <Badge tone="accent">{bench.inHand()}</Badge> : null}
            <span className={house['push']} />
            <Button
              kind={inHand ? 'primary' : 'plain'}
              disabled={closed}
              onClick={() => {
                onSeat({ project: project.project, mode })
              }}
            >
              {inHand ? bench.goOn() : bench.begin()}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
