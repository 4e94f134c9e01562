import { on, once } from 'node:events'
import type { TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { Browser } from '../../src/cli/stage/browser.ts'
import { registerKey, signIn, stepUp } from '../../src/cli/stage/sign-in.ts'
import type { SiteRole } from '../../src/shared/identity.ts'
import { codeOf, type More, testServer, type TestServer } from './server.ts'

/** Somebody who works here, with a key of their own and a page at workstation ws-1. */
export interface Colleague {
  readonly id: string
  readonly name: string
  readonly page: Browser
}

/** A server with its first officer signed in; everybody has a page with a session of its own. */
export interface Staffed {
  readonly server: TestServer
  readonly officer: Colleague
  /** The site's other officer, who confirms the roles that the first grants; there from the first such need. */
  readonly second: () => Promise<Colleague>
  readonly hire: (name: string, roles?: readonly SiteRole[]) => Promise<Colleague>
  /** A page on which nobody has signed in. */
  readonly page: () => Browser
}

export async function staffed(t: TestContext, more: More = {}): Promise<Staffed> {
  const server = await testServer(t, more)
  const { browser } = await server.workstation('ws-1')
  const page = () => {
    const opened = new Browser(browser.url)
    t.after(() => {
      opened.close()
    })
    return opened
  }
  const welcome = async (name: string, made: Promise<{ code: string; person?: string }>) => {
    const { code, person = '' } = await made
    const own = page()
    await registerKey(own, code)
    await signIn(own, name)
    return { id: person, name, page: own }
  }
  const officer = await welcome(
    'Olga Officer',
    codeOf(server.operator('POST', '/officers', { name: 'Olga Officer' })),
  )
  let otto: Promise<Colleague> | undefined
  const second = () =>
    (otto ??= welcome(
      'Otto Officer',
      codeOf(server.operator('POST', '/officers', { name: 'Otto Officer' })),
    ))
  const hire = async (name: string, roles: readonly SiteRole[] = []) => {
    const { body } = await said(officer.page, 'POST', '/people', { name, roles })
    const made = { code: String(body['code']), person: String(body['person']) }
    const hired = await welcome(name, Promise.resolve(made))
    if (roles.length === 0) return hired
    const { page: seat, name: own } = await second()
    await stepUp(seat, own)
    await seat.post(`/people/${hired.id}/roles/confirmation`, { roles })
    return hired
  }
  return { server, officer, second, hire, page }
}

/** What was answered: 200 with its body, or the refusal's status, kind and further members. */
export async function said(
  page: Browser,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  sent?: object,
): Promise<{ status: number; kind: string; body: Record<string, unknown> }> {
  const { status, bytes } = await page.bytes(method, path, sent)
  const body = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
  const { type = 'done' } = body
  return { status, kind: String(type).replace('/problems/', ''), body }
}

/** The entries of these acts that wait for their place in the log: act, outcome, who. */
export async function entriesOf(server: TestServer, action: string): Promise<string[][]> {
  const rows = await server.database
    .db('cloister_sequencer')
    .selectFrom('audit.pending')
    .select('body')
    .orderBy('id')
    .execute()
  return rows
    .map(({ body }) => JSON.parse(body.toString()) as Record<string, string>)
    .filter((entry) => entry['action'] === action)
    .map(({ outcome = '', actor = '', resource = '' }) => [outcome, actor, resource])
}

/** What a page hears over its signal socket: `next` answers when it is told that something changed. */
export async function hearSignals(
  t: TestContext,
  page: Browser,
): Promise<{ next(): Promise<void> }> {
  const { port, host, origin } = new URL(page.url)
  const headers = { host, origin, cookie: page.cookie ?? '' }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/signals`, { headers })
  t.after(() => {
    socket.terminate()
  })
  const messages: AsyncIterator<unknown, unknown> = on(socket, 'message')
  await once(socket, 'open')
  // The first word on each line says `changed`, whatever happened.
  await messages.next()
  return {
    async next() {
      for (;;) {
        const { value } = await messages.next()
        if (Array.isArray(value) && String(value[0]) === 'changed') return
      }
    },
  }
}
