import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { open as openSealed, seal, Unopenable } from '@cloister/chunked-encryption'
import { bind } from './binding.ts'
import { replaceFile } from '../../kernel/durable.ts'
import { codeOf, VaultFault } from './fault.ts'
import type { RootKey } from './root.ts'
import { keyBytes, wrappedBytes } from './wrap.ts'

/**
 * A secret of the installation itself (a signing key, the certificate authority), in a file sealed
 * under the root key: wrapped key ‖ sealed bytes, bound to `name`. Made by `make` when there is no
 * file, and durable before it is answered.
 * @throws VaultFault 'key-refused' when the file is not what was written for this name and root key
 */
export async function keepSecret(
  root: RootKey,
  file: string,
  name: string,
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const context = bind('cloister secret', name)
  const kept = await readFile(file).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  })
  if (kept !== null) {
    const key = await root.unwrap(kept.subarray(0, wrappedBytes), context)
    try {
      return openSealed(key, context, kept.subarray(wrappedBytes))
    } catch (error) {
      if (error instanceof Unopenable) throw new VaultFault('key-refused', file, { cause: error })
      throw error
    }
  }
  const secret = await make()
  const key = Uint8Array.from(randomBytes(keyBytes))
  const wrapped = await root.wrap(key, context)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await replaceFile(file, Buffer.concat([wrapped, seal(key, context, secret)]), 0o600)
  return secret
}
