import { Fragment, useState } from 'react'
import type { Static } from 'typebox'
import { Done } from '#shared/identity.ts'
import { type Clients, termsMembers } from '#shared/projects.ts'
import { Badge } from '../../kit/badge.tsx'
import { TextField } from '../../kit/field.tsx'
import { Select } from '../../kit/select.tsx'
import { useMessages } from '../../kit/words.tsx'
import { ActPanel } from '../house/act.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'

export type Client = Static<typeof Clients>['clients'][number]

type Written = Readonly<Record<(typeof termsMembers)[number], string>>

function TermsState({ row }: { readonly row: Client }) {
  const { desk } = useMessages()
  return (
    <Badge tone={row.termsState === 'complete' ? 'good' : 'warn'}>
      {desk.termsState({ state: row.termsState })}
    </Badge>
  )
}

/** A client's terms, for who releases: to be read. */
export function Terms({ row }: { readonly row: Client }) {
  const { desk } = useMessages()
  const terms = written(row)
  return (
    <section className={house['panel']} aria-label={desk.terms()}>
      <div className={house['head']}>
        <h2>{desk.terms()}</h2>
        <TermsState row={row} />
      </div>
      <dl className={house['facts']}>
        {termsMembers.map((member) => (
          <Fragment key={member}>
            <dt>{desk.termsMember({ member })}</dt>
            <dd>
              <bdi>
                {terms[member] === ''
                  ? desk.notSet()
                  : member === 'atTheEnd'
                    ? desk.atTheEndWords({ value: terms[member] })
                    : terms[member]}
              </bdi>
            </dd>
          </Fragment>
        ))}
      </dl>
    </section>
  )
}

interface TermsFormProps {
  readonly row: Client
  readonly onDone: () => void
}

/** A client's terms, for a manager to set. */
export function TermsForm({ row, onDone }: TermsFormProps) {
  const { desk, house: words } = useMessages()
  const { server } = useHouse()
  const [terms, setTerms] = useState<Written>(() => written(row))
  return (
    <ActPanel
      title={desk.terms()}
      text={desk.termsText()}
      badge={<TermsState row={row} />}
      primary
      act={words.save()}
      onAct={async () => {
        await server.ask('PUT', `/clients/${row.client}/terms`, Done, sent(terms))
        onDone()
      }}
    >
      <div className={house['fields']}>
        {termsMembers.map((member) => {
          const field = {
            name: desk.termsMember({ member }),
            value: terms[member],
            onChange: (value: string) => {
              setTerms({ ...terms, [member]: value })
            },
          }
          return member === 'atTheEnd' ? (
            <Select
              key={member}
              {...field}
              options={['', 'return', 'erase'].map((value) => ({
                value,
                words: desk.atTheEndWords({ value }),
              }))}
            />
          ) : (
            <TextField key={member} {...field} hint={desk.termsHint({ member })} maxLength={500} />
          )
        })}
      </div>
    </ActPanel>
  )
}

function written({ terms }: Client): Written {
  const of = (member: (typeof termsMembers)[number]) => String(terms?.[member] ?? '')
  return {
    ...{ subject: of('subject'), purpose: of('purpose'), legalBasis: of('legalBasis') },
    ...{ dataCategories: of('dataCategories'), subjectCategories: of('subjectCategories') },
    ...{ endsOn: of('endsOn'), retentionDays: of('retentionDays'), atTheEnd: of('atTheEnd') },
    contact: of('contact'),
  }
}

/** What was written, without what was left empty; the server says what does not fit. */
function sent(terms: Written): object {
  const given = Object.entries(terms)
    .map(([member, value]) => [member, value.trim()] as const)
    .filter(([, value]) => value !== '')
  return Object.fromEntries(
    given.map(([member, value]) => [member, member === 'retentionDays' ? Number(value) : value]),
  )
}
