import { useState } from 'react'
import type { Static } from 'typebox'
import { Done } from '#shared/identity.ts'
import type { ProjectDetail } from '#shared/projects.ts'
import { Button } from '../../kit/button.tsx'
import { Check } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { Who } from './who.tsx'

const teamRoles = ['annotator', 'reviewer'] as const
type TeamRole = (typeof teamRoles)[number]

interface TeamProps {
  readonly row: Static<typeof ProjectDetail>
  readonly onDone: () => void
}

/** Who works on a project, and as what; without a role somebody is off the team. */
export function Team({ row, onDone }: TeamProps) {
  const { desk } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  const [person, setPerson] = useState('')
  const set = (who: string, roles: readonly TeamRole[]) =>
    void run(async () => {
      await server.ask('PUT', `/projects/${row.project}/team`, Done, { person: who, roles })
      setPerson('')
      onDone()
    })
  return (
    <form
      className={house['panel']}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        set(person, ['annotator'])
      }}
    >
      <p className={house['soft']}>{desk.teamText()}</p>
      {row.team.length === 0 ? <p>{desk.noTeam()}</p> : null}
      <ul className={house['list']}>
        {row.team.map((member) => (
          <li key={member.person}>
            <bdi>{member.name === '' ? member.person : member.name}</bdi>
            <span className={house['push']} />
            {teamRoles.map((role) => (
              <Check
                key={role}
                checked={member.roles.includes(role)}
                onChange={(checked) => {
                  const others = member.roles.filter((one) => one !== role)
                  set(member.person, checked ? [...others, role] : others)
                }}
              >
                {desk.teamRole({ role })}
              </Check>
            ))}
          </li>
        ))}
      </ul>
      <div className={house['row']}>
        <Who
          without={row.team.map((member) => member.person)}
          value={person}
          onChange={setPerson}
        />
        <Button submit disabled={busy || person === ''}>
          {desk.add()}
        </Button>
      </div>
      <FailureNote failure={failure} />
    </form>
  )
}
