import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { LogFound, type LogEntry } from '#shared/audit.ts'
import { Badge } from '../../kit/badge.tsx'
import { conditionWords } from '../../kit/conditions.ts'
import { useMessages } from '../../kit/words.tsx'
import { Shown, useAsked } from '../house/asked.tsx'
import house from '../house/house.module.css'
import { useTime } from '../house/time.ts'
import { outcomeTones } from './records.tsx'

/** One entry of the log as its leaf has it, and the proof that it stands there. */
export function EntryPage() {
  const { records } = useMessages()
  const { index = '' } = useParams({ strict: false })
  const found = useAsked(`/log/${encodeURIComponent(index)}`, LogFound)
  return (
    <main className={house['page']}>
      <div>
        <Link className={house['link']} to="/records">
          {records.back()}
        </Link>
        <h1>{records.entryTitle({ index })}</h1>
      </div>
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
              <a className={house['link']} href={`/log/${index}/proof`} download>
                {records.proof()}
              </a>
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
    [records.time(), time.full(entry.time)],
    [
      records.outcome(),
      <Badge key="outcome" tone={outcomeTones[entry.outcome]}>
        {records.outcomeWords({ outcome: entry.outcome })}
      </Badge>,
    ],
    [records.act(), entry.action],
    [records.person(), entry.actor],
    [records.thing(), entry.resource],
    [records.project(), entry.project],
    [records.item(), entry.item],
    [records.door(), entry.door],
    [records.workstation(), entry.workstation],
    [records.zone(), entry.zone],
    [records.policies(), entry.policies.join(', ')],
    [records.details(), entry.details],
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
