import { request as httpsRequest, Agent } from 'node:https'

/** A door of the server: where it listens and the authority (PEM) that its certificate must come from. */
export interface Door {
  readonly host: string
  readonly port: number
  readonly ca: string
}

/** What proves this end of a mutual TLS connection; both PEM. */
export interface ClientKey {
  readonly key: string
  readonly certificate: string
}

/** An agent of long-lived TLS 1.3 connections to one door, with or without a client certificate. */
export function doorAgent(door: Door, client: ClientKey | undefined, maxSockets = 64): Agent {
  return new Agent({
    keepAlive: true,
    maxSockets,
    ca: door.ca,
    minVersion: 'TLSv1.3',
    // A resumed session would keep the certificate of the connection before a renewal.
    maxCachedSessions: 0,
    ...(client && { key: client.key, cert: client.certificate }),
  })
}

/** The door could not be reached, or did not answer in JSON within ten seconds and a megabyte. */
export class DoorUnreachable extends Error {
  override readonly name = 'DoorUnreachable'
}

/** What a door answered: the status and the parsed JSON body (undefined when there was none). */
export interface DoorAnswer {
  readonly status: number
  readonly body: unknown
}

const answerLimit = 1 << 20
const patienceMs = 10_000

/** Sends one JSON request to a door. Throws `DoorUnreachable`; a refusal by the server is an answer. */
export function callDoor(
  door: Door,
  agent: Agent,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<DoorAnswer> {
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => {
      reject(new DoorUnreachable(`${door.host}:${door.port} ${why}`))
    }
    const call = httpsRequest({
      host: door.host,
      port: door.port,
      agent,
      method,
      path,
      timeout: patienceMs,
      headers: payload && {
        'content-type': 'application/json',
        'content-length': payload.length,
      },
    })
    call.on('timeout', () => call.destroy(new Error('did not answer in time')))
    call.on('error', (error) => {
      refuse(`cannot be reached: ${error.message}`)
    })
    call.on('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > answerLimit) call.destroy(new Error('answered with more than a megabyte'))
        else chunks.push(chunk)
      })
      response.on('error', (error) => {
        refuse(`broke off: ${error.message}`)
      })
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        try {
          const parsed: unknown = text === '' ? undefined : JSON.parse(text)
          resolve({ status: response.statusCode ?? 0, body: parsed })
        } catch {
          refuse('did not answer in JSON')
        }
      })
    })
    call.end(payload)
  })
}
