import { Badge, type Tone } from '../../kit/badge.tsx'
import { useMessages } from '../../kit/words.tsx'

export const projectStates = ['draft', 'open', 'paused', 'closed'] as const
export type ProjectState = (typeof projectStates)[number]

const tones: Readonly<Record<ProjectState, Tone>> = {
  draft: 'plain',
  open: 'good',
  paused: 'warn',
  closed: 'bad',
}

/** Whether a project is worked on. */
export function ProjectStateBadge({ state }: { readonly state: ProjectState }) {
  const { desk } = useMessages()
  return <Badge tone={tones[state]}>{desk.stateWords({ state })}</Badge>
}
