import { useParams } from '@tanstack/react-router'
import { Fragment, type ReactNode } from 'react'
import { LogFound, type LogEntry } from '#shared/audit.ts'
import { Badge } from '../../kit/badge.tsx'
import { ButtonLink } from '../../kit/button.tsx'
import { conditionWords } from '../../kit/conditions.ts'
import { useMessages } from '../../kit/words.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import house from '../house/house.module.css'
import { PageHead } from '../house/page-head.tsx'
import { codeOf } from '../house/person-code.ts'
import { useTime } from '../house/time.ts'
import { outcomeTones } from './entries.tsx'

/** One entry of the log as its leaf has it, and the proof that it stands there. */
export function EntryPage() {
  const { records } = useMessages()
  const { index = '' } = useParams({ strict: false })
  const found = useAsked(`/log/${encodeURIComponent(index)}`, LogFound)
  return (
    <main className={house['page']}>
      <PageHead
        title={records.entryTitle({ index })}
        back={{ to: '/records', words: records.back() }}
      />
      <Shown query={found}>
        {({ entry, details, cosigned, body }) => (
          <section className={house['panel']}>
            <div className={house['row']}>
              {cosigned ? (
                <Badge tone="good">{records.witnessed()}</Badge>
              ) : (
                <Badge tone="warn">{records.notYetWitnessed()}</Badge>
              )}
              <Badge>{records.detailsState({ details })}</Badge>
              <span className={house['push']} />
              <ButtonLink href={`/log/${index}/proof`} download>
                {records.proof()}
              </ButtonLink>
            </div>
            {entry === null ? <p>{records.unknown()}</p> : <Facts entry={entry} />}
            <details>
              <summary>{records.leaf()}</summary>
              <p className={house['mono']} dir="ltr">
                {body}
              </p>
            </details>
          </section>
        )}
      </Shown>
    </main>
  )
}

function Facts({ entry }: { readonly entry: LogEntry }) {
  const { records, refusals } = useMessages()
  const time = useTime()
  const refused = entry.outcome === 'refused' ? conditionWords(refusals, entry.policies) : []
  const facts: readonly (readonly [string, ReactNode])[] = [
    [records.time(), time.exact(entry.time)],
    [
      records.outcome(),
      <Badge key="outcome" tone={outcomeTones[entry.outcome]}>
        {records.outcomeWords({ outcome: entry.outcome })}
      </Badge>,
    ],
    [records.act(), records.actWords({ act: entry.action.replaceAll('.', '_') })],
    [records.actId(), written(entry.action)],
    [
      records.person(),
      <Fragment key="person">
        {written(entry.actor)}{' '}
        {entry.actor.startsWith('per_') ? <Badge>{codeOf(entry.actor)}</Badge> : null}
      </Fragment>,
    ],
    [records.thing(), written(entry.resource)],
    [records.project(), written(entry.project)],
    [records.item(), written(entry.item)],
    [records.door(), entry.door],
    [records.workstation(), entry.workstation],
    [records.zone(), entry.zone],
    [records.policies(), entry.policies.join(', ')],
    [records.details(), written(entry.details)],
  ]
  return (
    <>
      <dl className={house['facts']}>
        {facts
          .filter(([, value]) => value !== null && value !== '')
          .map(([name, value]) => (
            <Fact key={name} name={name}>
              {value}
            </Fact>
          ))}
      </dl>
      {refused.length === 0 ? null : (
        <div>
          <h2>{records.whyRefused()}</h2>
          <ul>
            {refused.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  )
}

/** What stands in the log letter by letter. */
function written(id: string | null): ReactNode {
  return id === null || id === '' ? null : <span className={house['mono']}>{id}</span>
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <bdi>{children}</bdi>
      </dd>
    </>
  )
}
