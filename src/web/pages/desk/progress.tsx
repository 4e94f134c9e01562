import type { ReactNode } from 'react'
import type { Static } from 'typebox'
import { Progress } from '#shared/annotation.ts'
import { Done } from '#shared/identity.ts'
import type { ProjectDetail } from '#shared/projects.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Progress as Bar } from '../../kit/progress.tsx'
import { useMessages } from '../../kit/words.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { codeOf } from '../house/person-code.ts'

interface ProgressPanelProps {
  readonly project: string
  /** Names of those who may hold an item; of somebody who left the team the code is left. */
  readonly team: Static<typeof ProjectDetail>['team']
}

/** How far the work is, and what needs a hand: set aside, or held by somebody who left. */
export function ProgressPanel({ project, team }: ProgressPanelProps) {
  const { desk, bench } = useMessages()
  const { server } = useHouse()
  const progress = useAsked(`/projects/${project}/progress`, Progress, 10_000)
  const nameOf = (person: string) => {
    const member = team.find((one) => one.person === person)
    return member === undefined || member.name === '' ? codeOf(person) : member.name
  }
  const giveBack = async (task: string) => {
    await server.ask('POST', `/tasks/${task}/reassign`, Done, { person: null })
    await progress.refetch()
  }
  return (
    <Shown query={progress}>
      {({ annotate, held, setAside }) => {
        const { waiting, leased, submitted, returned, skipped, accepted } = annotate
        const all = waiting + leased + submitted + returned + skipped + accepted
        return (
          <section className={house['panel']} aria-label={desk.progress()}>
            <Bar
              name={desk.accepted()}
              words={desk.ofAll({ done: accepted, all })}
              done={accepted}
              of={all}
            />
            <Bar
              name={desk.submitted()}
              words={desk.ofAll({ done: submitted + accepted, all })}
              done={submitted + accepted}
              of={all}
            />
            <p className={house['soft']}>
              {desk.tally({ waiting, held: leased, returned, aside: skipped })}
            </p>
            <ul className={house['list']}>
              {setAside.map((one) => (
                <TaskLine key={one.task} task={one.task} act={desk.giveBack()} onAct={giveBack}>
                  <Badge tone="warn">
                    {one.reason === null
                      ? desk.returned()
                      : bench.reasonKind({
                          kind: one.reason === 'wrong-language' ? 'wrongLanguage' : one.reason,
                        })}
                  </Badge>
                </TaskLine>
              ))}
              {held.map((one) => (
                <TaskLine key={one.task} task={one.task} act={desk.takeAway()} onAct={giveBack}>
                  <span className={house['soft']}>
                    {desk.heldBy({ person: nameOf(one.person) })}
                  </span>
                </TaskLine>
              ))}
            </ul>
          </section>
        )
      }}
    </Shown>
  )
}

interface TaskLineProps {
  readonly task: string
  readonly act: string
  readonly onAct: (task: string) => Promise<void>
  readonly children: ReactNode
}

function TaskLine({ task, act, onAct, children }: TaskLineProps) {
  const { busy, failure, run } = useAct()
  return (
    <li>
      <span className={house['mono']}>{task.slice(-6)}</span>
      {children}
      <span className={house['push']} />
      <Button small disabled={busy} onClick={() => void run(() => onAct(task))}>
        {act}
      </Button>
      <FailureNote failure={failure} />
    </li>
  )
}
