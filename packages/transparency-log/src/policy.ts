import { parseCheckpoint, type Checkpoint } from './checkpoints.ts'
import { LogFault } from './fault.ts'
import { cosignatureTime, type KeyKind, noteVerifier, type NoteVerifier } from './keys.ts'
import { checkSignatures, decodeUtf8, parseNote } from './notes.ts'

/** Whom a reader trusts (C2SP tlog-policy): any of these logs, cosigned as the quorum says. */
export interface Policy {
  readonly logs: readonly { verifier: NoteVerifier; url: string | null }[]
  /** The name is the policy's own and need not be that of the key. */
  readonly witnesses: readonly { name: string; verifier: NoteVerifier; url: string | null }[]
  /** Null where no cosignature is asked for (`quorum none`). */
  readonly quorum: Quorum | null
}

/** At least `threshold` of the members; a witness is met when it has cosigned. */
export type Quorum =
  | { readonly witness: string }
  | { readonly group: string; readonly threshold: number; readonly members: readonly Quorum[] }

/** A checkpoint that satisfies a policy, and who has signed it. */
export interface TrustedCheckpoint {
  readonly checkpoint: Checkpoint
  /** The witnesses that cosigned, by their names in the policy, with the seconds since 1970 they state. */
  readonly witnesses: readonly { name: string; time: number }[]
}

const longestPolicy = 1 << 20

/**
 * Reads a policy. Throws a LogFault that names the line for everything the format forbids: unknown
 * words, names used before they are defined or twice, a member in two groups, a key given twice, a
 * threshold that cannot be met, none or two quorums. Stricter than the format in one thing: the file
 * must be UTF-8, because the names of keys are.
 */
export function parsePolicy(bytes: Uint8Array): Policy {
  if (bytes.length > longestPolicy) throw new LogFault('a policy has at most 1 MiB')
  const reading = new PolicyReading()
  for (const [at, line] of decodeUtf8(bytes, 'the policy').split('\n').entries()) {
    try {
      reading.take(line)
    } catch (error) {
      if (error instanceof LogFault) throw new LogFault(`policy, line ${at + 1}: ${error.message}`)
      throw error
    }
  }
  return reading.finish()
}

class PolicyReading {
  readonly logs: { verifier: NoteVerifier; url: string | null }[] = []
  readonly witnesses: { name: string; verifier: NoteVerifier; url: string | null }[] = []
  readonly defined = new Map<string, Quorum>()
  readonly members = new Set<string>()
  quorum: Quorum | null | undefined

  take(line: string): void {
    if (/[\0-\x08\x0b-\x1f\x7f]/.test(line)) throw new LogFault('it holds a control character')
    const [word, ...rest] = line.split(/[ \t]+/).filter((item) => item !== '')
    if (word === undefined || word.startsWith('#')) return
    if (word === 'log') this.#log(rest)
    else if (word === 'witness') this.#witness(rest)
    else if (word === 'group') this.#group(rest)
    else if (word === 'quorum') this.#quorumLine(rest)
    else throw new LogFault(`'${word}' is none of log, witness, group and quorum`)
  }

  finish(): Policy {
    if (this.quorum === undefined)
      throw new LogFault("the policy has no quorum line; write 'quorum none' to ask for no witness")
    return { logs: this.logs, witnesses: this.witnesses, quorum: this.quorum }
  }

  #log([key, url, ...more]: string[]): void {
    if (key === undefined || more.length > 0) throw new LogFault('write: log KEY [URL]')
    this.logs.push({ verifier: verifierOf(key, 'log', this.logs), url: url ?? null })
  }

  #witness([name, key, url, ...more]: string[]): void {
    if (name === undefined || key === undefined || more.length > 0)
      throw new LogFault('write: witness NAME KEY [URL]')
    const verifier = verifierOf(key, 'witness', this.witnesses)
    this.#define(name, { witness: name })
    this.witnesses.push({ name, verifier, url: url ?? null })
  }

  #group([name, count, ...names]: string[]): void {
    if (name === undefined || count === undefined || names.length === 0)
      throw new LogFault('write: group NAME all|any|NUMBER MEMBER…')
    const members = names.map((member) => {
      const found = this.#known(member)
      if (this.members.has(member)) throw new LogFault(`'${member}' is a member already`)
      this.members.add(member)
      return found
    })
    const threshold =
      count === 'all'
        ? names.length
        : count === 'any'
          ? 1
          : /^[1-9][0-9]{0,8}$/.test(count)
            ? Number(count)
            : 0
    if (threshold < 1 || threshold > names.length)
      throw new LogFault(`the threshold must be all, any or a number from 1 to ${names.length}`)
    this.#define(name, { group: name, threshold, members })
  }

  #quorumLine([name, ...more]: string[]): void {
    if (name === undefined || more.length > 0) throw new LogFault('write: quorum NAME')
    if (this.quorum !== undefined) throw new LogFault('there is a quorum already')
    this.quorum = name === 'none' ? null : this.#known(name)
  }

  #known(name: string): Quorum {
    const found = this.defined.get(name)
    if (found === undefined) throw new LogFault(`'${name}' is not defined above`)
    return found
  }

  #define(name: string, quorum: Quorum): void {
    if (name === 'none' || this.defined.has(name)) throw new LogFault(`the name '${name}' is taken`)
    this.defined.set(name, quorum)
  }
}

function verifierOf(
  key: string,
  kind: KeyKind,
  known: readonly { verifier: NoteVerifier }[],
): NoteVerifier {
  const verifier = noteVerifier(key)
  if (verifier.kind !== kind)
    throw new LogFault(
      `the key of '${verifier.name}' is that of a ${verifier.kind}, not of a ${kind}`,
    )
  if (known.some((other) => Buffer.compare(other.verifier.publicKey, verifier.publicKey) === 0))
    throw new LogFault(`the key of '${verifier.name}' is listed already`)
  return verifier
}

/** Whether the quorum is met when exactly these witnesses have cosigned. */
export function meetsQuorum(quorum: Quorum | null, cosigned: ReadonlySet<string>): boolean {
  if (quorum === null) return true
  if ('witness' in quorum) return cosigned.has(quorum.witness)
  const met = quorum.members.filter((member) => meetsQuorum(member, cosigned))
  return met.length >= quorum.threshold
}

/**
 * Reads a signed checkpoint and checks it against a policy. Throws a LogFault unless a log of the
 * policy, whose key bears the origin's name, has signed it, every signature of a known key is good,
 * and the witnesses meet the quorum.
 */
export function trustCheckpoint(note: Uint8Array, policy: Policy): TrustedCheckpoint {
  const { checkpoint, witnesses } = openCheckpoint(note, policy)
  if (!meetsQuorum(policy.quorum, new Set(witnesses.map(({ name }) => name))))
    throw new LogFault(
      `the witnesses do not meet the quorum: cosigned by ${witnesses.map(({ name }) => name).join(', ') || 'none'}`,
    )
  return { checkpoint, witnesses }
}

/** As trustCheckpoint, but without asking for the quorum: what a log alone has signed. */
export function openCheckpoint(note: Uint8Array, policy: Policy): TrustedCheckpoint {
  const signed = parseNote(note)
  const checkpoint = parseCheckpoint(signed.text)
  const logs = policy.logs.filter(({ verifier }) => verifier.name === checkpoint.origin)
  if (logs.length === 0)
    throw new LogFault('the policy names no log with the origin of the checkpoint')
  const verifiers = [...logs, ...policy.witnesses].map(({ verifier }) => verifier)
  const checked = checkSignatures(signed, verifiers)
  if (!checked.some(({ verifier }) => verifier.kind === 'log'))
    throw new LogFault('no log of the policy has signed the checkpoint')
  const witnesses = policy.witnesses.flatMap(({ name, verifier }) => {
    const times = checked
      .filter((signature) => signature.verifier === verifier)
      .map(({ signature }) => cosignatureTime(signature) ?? 0)
    return times.length === 0 ? [] : [{ name, time: Math.max(...times) }]
  })
  return { checkpoint, witnesses }
}
