import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import type { Tx } from '../../kernel/db.ts'
import { VaultFault } from './fault.ts'
import type { Vault } from './vault.ts'

/** Seals words for whoever holds an identity that this process does not have. */
export type OutwardSeal = (
  tx: Tx,
  project: string | null,
  hash: Buffer,
  bytes: Buffer,
) => Promise<Buffer>

/** A new age X25519 identity (C2SP age), as its text. */
export async function newOutwardIdentity(): Promise<Uint8Array> {
  return Buffer.from(await generateX25519Identity(), 'utf8')
}

/** The public half of an identity: what is sealed for it opens with the identity alone. */
export function outwardRecipient(identity: Uint8Array): Promise<string> {
  return identityToRecipient(Buffer.from(identity).toString('utf8'))
}

/**
 * Seals as the doors that hold no key do: with C2SP age, for a recipient. Such words begin with
 * `age-encryption.org/v1`. Nothing binds them to their leaf but the hash of them that stands in it.
 */
export function sealOutward(recipient: string): OutwardSeal {
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  return async (_tx, _project, _hash, bytes) => Buffer.from(await encrypter.encrypt(bytes))
}

/** What stands where a process has no root key: every use is refused. */
export function closedVault(): Pick<
  Vault,
  'seal' | 'sealForLog' | 'fingerprints' | 'open' | 'openRange' | 'find' | 'remove'
> {
  const refuse = () => Promise.reject(new VaultFault('root-key-missing', 'this process has none'))
  return {
    ...{ seal: refuse, sealForLog: refuse, fingerprints: refuse },
    ...{ open: refuse, openRange: refuse, find: refuse, remove: refuse },
  }
}
