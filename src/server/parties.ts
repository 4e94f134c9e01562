import type { Caller } from './domains/access/index.ts'
import type { KeyRules } from './domains/identity/index.ts'

/**
 * Which name keys belong to. In a real installation that is the host name of the door, the same at
 * every workstation. In the demonstration every workstation is a host of its own on this machine,
 * `ws-3.localhost`, because browsers give no key to `localhost` from there.
 */
export function keyRules(site: {
  readonly demonstration: boolean
  /** Host names of the inside and the outside door, as browsers write them. */
  readonly hosts: { readonly inside: string; readonly outside: string }
  readonly allowedKeys: readonly string[]
}): KeyRules {
  const { demonstration, hosts, allowedKeys } = site
  if (!demonstration)
    return {
      allowedKeys,
      relyingParty({ door }) {
        const host = door === 'outside' ? hosts.outside : hosts.inside
        return {
          id: host,
          isOrigin: (origin) => origin === `https://${host}` || sameHost(origin, 'https:', host),
        }
      },
    }
  return {
    allowedKeys: 'any',
    relyingParty(caller: Caller) {
      const host = `${caller.workstation ?? 'client'}.localhost`
      return { id: host, isOrigin: (origin) => sameHost(origin, 'http:', host) }
    },
  }
}

function sameHost(origin: string, protocol: string, host: string): boolean {
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  return url.origin === origin && url.protocol === protocol && url.hostname === host
}
