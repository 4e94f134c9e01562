import type { IncomingMessage } from 'node:http'
import { parse } from 'cookie'
import type { FastifyRequest } from 'fastify'
import type { Door } from '#shared/actions.ts'
import type { Caller } from '../domains/access/index.ts'
import { callerOf, cookieName, type KeyRules, sessionOf } from '../domains/identity/index.ts'
import type { Tx } from '../kernel/db.ts'
import type { Identify } from './caller.ts'
import { peerCertificate } from './door.ts'

/** Which enrolled machine a client certificate stands for, or null when it is unknown or out of date. */
export type ArrivalOf = (
  tx: Tx,
  certificate: Uint8Array,
  address: string,
  now: Date,
) => Promise<{ kind: 'workstation' | 'device'; id: string; serial: string } | 'revoked' | null>

/** What a network door knows its callers by. */
export interface Recognition {
  readonly door: Door
  readonly arrivalOf: ArrivalOf
  readonly rules: Pick<KeyRules, 'relyingParty'>
  readonly now: () => Date
}

/** How a network door knows its callers: the machine by its certificate, the person by the session cookie. */
export function identifyAt(
  recognition: Recognition,
  onMet: (request: IncomingMessage, caller: Caller) => void = () => undefined,
): Identify {
  return async (tx, request: FastifyRequest) => {
    const caller = await identifyConnection(recognition, tx, request.raw)
    onMet(request.raw, caller)
    return caller
  }
}

/**
 * The same for a connection that Fastify does not see: the upgrade to a signal socket. A browser sends
 * the cookie with what a foreign page asks too, and says so in `Origin`: there the session does not count.
 */
export async function identifyConnection(
  { door, arrivalOf, rules, now }: Recognition,
  tx: Tx,
  request: IncomingMessage,
): Promise<Caller> {
  const address = request.socket.remoteAddress ?? ''
  const at = now()
  const certificate = peerCertificate(request.socket)
  const [arrived, session] = await Promise.all([
    certificate === null ? null : arrivalOf(tx, certificate, address, at),
    sessionOf(tx, tokenOf(request.headers.cookie), at),
  ])
  const machine = arrived === 'revoked' ? null : arrived
  const revoked = arrived === 'revoked' && { revoked: true as const }
  if (door === 'building' || machine?.kind === 'device')
    return {
      ...{ door, kind: machine === null ? 'nobody' : 'device', id: machine?.id ?? null, address },
      ...{ session: null, signedInAt: null, certificate: machine?.serial ?? null },
      workstation: machine?.kind === 'workstation' ? machine.id : null,
      ...revoked,
    }
  const { id: workstation = null, serial: certificateSerial = null } = machine ?? {}
  const place = { door, address, workstation, certificate: certificateSerial, ...revoked }
  const caller = callerOf(place, session)
  const { origin } = request.headers
  const isOwn = origin === undefined || rules.relyingParty(caller).isOrigin(origin)
  return isOwn ? caller : callerOf(place, undefined)
}

/** The operator door is a socket that only its owner can open: whoever speaks there is the operator. */
export const identifyOperator: Identify = () =>
  Promise.resolve({
    ...{ door: 'operator', kind: 'operator', id: 'operator', session: null, signedInAt: null },
    ...{ workstation: null, certificate: null, address: 'local' },
  })

/** The session's token of a `Cookie` header; null where there is none. */
export function tokenOf(header: string | undefined): string | null {
  if (header === undefined || header.length > 8192) return null
  return parse(header)[cookieName] ?? null
}
