import { Agent, request } from 'node:http'

/** A refusal, as the problem document said it. */
export class RefusedByServer extends Error {
  override readonly name = 'RefusedByServer'
  readonly status: number
  readonly kind: string
  readonly problem: Readonly<Record<string, unknown>>

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    const { type = '', conditions } = problem
    super(
      [status, type, ...(conditions === undefined ? [] : [JSON.stringify(conditions)])].join(' '),
    )
    this.status = status
    this.kind = String(type).replace('/problems/', '')
    this.problem = problem
  }
}

type Method = 'GET' | 'POST' | 'PUT'

/**
 * What a page in a browser at one workstation does, without a screen: same address, same Origin,
 * same cookie, over the same local proxy.
 */
export class Browser {
  readonly url: string
  #cookie: string | null = null
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 })

  constructor(url: string) {
    this.url = url
  }

  /** The session cookie as a header, for sockets and streams opened elsewhere. */
  get cookie(): string | null {
    return this.#cookie
  }

  get(path: string): Promise<unknown> {
    return this.json('GET', path)
  }

  post(path: string, body: object = {}): Promise<unknown> {
    return this.json('POST', path, body)
  }

  put(path: string, body: object): Promise<unknown> {
    return this.json('PUT', path, body)
  }

  /** @throws RefusedByServer for every status but 200 */
  async json(method: Method, path: string, body?: object): Promise<unknown> {
    const { status, bytes } = await this.bytes(method, path, body)
    const text = bytes.toString('utf8')
    const value: unknown = text === '' ? null : parse(text)
    if (status === 200) return value
    throw new RefusedByServer(
      status,
      typeof value === 'object' && value !== null ? { ...value } : {},
    )
  }

  /** The answer whole, whatever its status. */
  bytes(
    method: Method,
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; bytes: Buffer }> {
    const { port, host, origin } = new URL(this.url)
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    return new Promise((resolve, reject) => {
      const out = request(
        {
          ...{ host: '127.0.0.1', port, method, path, agent: this.#agent },
          headers: {
            host,
            origin,
            ...(payload && {
              'content-type': 'application/json',
              'content-length': payload.length,
            }),
            ...(this.#cookie !== null && { cookie: this.#cookie }),
            ...headers,
          },
        },
        (answer) => {
          const [set] = answer.headers['set-cookie'] ?? []
          if (set !== undefined)
            this.#cookie = /Max-Age=0/.test(set) ? null : (set.split(';')[0] ?? null)
          const pieces: Buffer[] = []
          answer.on('data', (piece: Buffer) => pieces.push(piece))
          answer.on('error', reject)
          answer.on('end', () => {
            resolve({ status: answer.statusCode ?? 0, bytes: Buffer.concat(pieces) })
          })
        },
      )
      out.on('error', reject)
      out.end(payload)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
