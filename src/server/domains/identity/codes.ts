import { createHash } from 'node:crypto'
import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import { insertCode, markCodesUsed, takeCode } from './store.ts'

/** What a one-time code opens: a person's key registration, or the enrolment of a machine. */
export type CodePurpose = 'key' | 'workstation' | 'device'

const lifetimes: Record<CodePurpose, number> = {
  key: 8 * 3_600_000,
  workstation: 3_600_000,
  device: 3_600_000,
}

/**
 * Makes a code that works once: 100 random bits in base32, kept here only as its SHA-256.
 * It is answered in groups of five for people to copy.
 */
export async function issueCode(
  tx: Tx,
  purpose: CodePurpose,
  subject: string,
  now: Date,
): Promise<string> {
  const code = newId('c').slice(2, 22)
  await insertCode(tx, {
    hash: hashOf(code),
    purpose,
    subject,
    expires_at: new Date(now.getTime() + lifetimes[purpose]),
    used_at: null,
  })
  return code.replaceAll(/(.{5})(?=.)/g, '$1-')
}

/**
 * Uses up a code and answers whom or what it was for.
 * @throws Problem `code-refused` when it is unknown, used, expired, or for something else
 */
export async function useCode(
  tx: Tx,
  purpose: CodePurpose,
  code: string,
  now: Date,
): Promise<string> {
  const subject = await takeCode(tx, hashOf(code), purpose, now)
  if (subject === undefined) throw new Problem('code-refused')
  return subject
}

/** Ends the codes of a purpose that somebody could still use. */
export async function endCodes(
  tx: Tx,
  purpose: CodePurpose,
  subject: string,
  now: Date,
): Promise<void> {
  await markCodesUsed(tx, purpose, subject, now)
}

export function hashOf(code: string): Buffer {
  return createHash('sha256').update(code.toLowerCase().replaceAll('-', '')).digest()
}
