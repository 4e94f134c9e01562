import { type Terms, termsMembers } from '#shared/projects.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import { signalEverybody } from '../identity/index.ts'
import { stampedSpeakers, stampedTerms } from './stamps.ts'
import { insertClient, insertClientPerson, insertTerms } from './store.ts'

export async function createClient(
  pass: Pass<'projects.client.create'>,
  tx: Tx,
  name: string,
): Promise<string> {
  const id = newId('cli')
  await insertClient(tx, { id, name, created_at: pass.at })
  return id
}

/** Lets a person speak for this client at the outside door. */
export async function addClientPerson(
  _pass: Pass<'projects.client.terms.set'>,
  tx: Tx,
  client: string,
  person: string,
): Promise<void> {
  await insertClientPerson(tx, { client, person })
  await stampedSpeakers.stamp(tx, `${client}/${person}`)
}

/** Keeps a new version of the terms, tells every page, and answers its number. Complete means that no member of GDPR Art. 28(3) is missing. */
export async function setTerms(
  pass: Pass<'projects.client.terms.set'>,
  tx: Tx,
  client: string,
  terms: Terms,
): Promise<number> {
  const complete = termsMembers.every((member) => terms[member] !== undefined)
  const version = await insertTerms(tx, {
    client,
    body: terms,
    complete,
    by: pass.actor,
    now: pass.at,
  })
  await stampedTerms.stamp(tx, `${client}/${version}`)
  await signalEverybody(tx)
  return version
}
