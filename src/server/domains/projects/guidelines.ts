import type { Tx } from '../../kernel/db.ts'
import type { Pass } from '../access/index.ts'
import type { Vault } from '../vault/index.ts'
import { insertGuideline, latestGuideline, lockProjectRow, teamOf } from './store.ts'
import { Problem } from '#shared/problems.ts'
import { signalPerson } from '../identity/index.ts'

/** The guideline in force, for those who write it. @throws Problem `not-found` when none is published */
export async function readGuideline(
  { open }: Pick<Vault, 'open'>,
  pass: Pass<'projects.guideline.read'>,
  tx: Tx,
): Promise<{ version: number; text: string }> {
  const row = await latestGuideline(tx, pass.resource.id)
  if (row === undefined) throw new Problem('not-found')
  const bytes = await open(tx, pass, row.object)
  return { version: row.version, text: bytes.toString('utf8') }
}

/**
 * Publishes the next version of a project's guideline, sealed under the key of the project's
 * guidelines. The team hears of it; work begun under an older version keeps that one's number.
 */
export async function publishGuideline(
  { seal }: Pick<Vault, 'seal'>,
  pass: Pass<'projects.guideline.publish'>,
  tx: Tx,
  text: string,
): Promise<number> {
  const { project } = pass
  if (project === null) throw new Problem('not-found')
  if (/\p{Surrogate}/u.test(text)) throw new Problem('invalid-input', { where: 'body/text' })
  await lockProjectRow(tx, project)
  const version = ((await latestGuideline(tx, project))?.version ?? 0) + 1
  const place = { owner: { kind: 'class', name: 'guidelines' }, asset: 'guideline' } as const
  const object = await seal(tx, { project, version, ...place }, Buffer.from(text, 'utf8'))
  await insertGuideline(tx, {
    ...{ project, version, object, published_by: pass.actor, published_at: pass.at },
  })
  for (const person of new Set((await teamOf(tx, project)).map((member) => member.person)))
    await signalPerson(tx, person)
  return version
}
