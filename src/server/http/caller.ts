import type { FastifyRequest } from 'fastify'
import type { Tx } from '../kernel/db.ts'
import type { Caller } from '../domains/access/index.ts'

/**
 * Says who is calling, as far as this door can tell: certificate, session cookie, socket peer.
 * Never refuses: an unknown caller is `nobody`, and the gate says no.
 */
export type Identify = (tx: Tx, request: FastifyRequest) => Promise<Caller>
