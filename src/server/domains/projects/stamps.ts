import { stampedTable } from '../audit/index.ts'

/** What the gate's conditions of terms and team rest on, as the log vouches for it. */
export const stampedTerms = stampedTable({
  ...{ kind: 'terms', table: 'projects.terms', subject: `client || '/' || version` },
  columns: ['client', 'version', 'body::text as body', 'complete', 'set_by', 'set_at'],
})
export const stampedSpeakers = stampedTable({
  ...{ kind: 'client-person', table: 'projects.client_person' },
  subject: `client || '/' || person`,
  columns: ['client', 'person'],
})
export const stampedProjects = stampedTable({
  ...{ kind: 'project', table: 'projects.project', subject: 'id' },
  columns: ['id', 'client', 'code', 'kind', 'state', 'created_by', 'created_at'],
})
export const stampedInstructions = stampedTable({
  ...{ kind: 'instruction', table: 'projects.instruction', subject: 'id' },
  columns: ['id', 'project', 'subject', 'begins', 'ends', 'recorded_by'],
})
export const stampedTeams = stampedTable({
  ...{ kind: 'team', table: 'projects.team' },
  subject: `project || '/' || person || '/' || role`,
  columns: ['project', 'person', 'role', 'set_by', 'set_at'],
})

/** All of them, to be compared with the log. */
export const projectsReaders = [
  ...[stampedTerms, stampedSpeakers, stampedProjects, stampedInstructions, stampedTeams],
]
