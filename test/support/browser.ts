import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'

const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where the browser is, or undefined; CLOISTER_CHROMIUM names one elsewhere. */
function chromiumPath(): string | undefined {
  return process.env['CLOISTER_CHROMIUM'] ?? known.find((path) => existsSync(path))
}

/** The reason to skip a test that needs the browser, or false when it is there. */
export function skipWithoutChromium(): string | false {
  return chromiumPath() === undefined
    ? 'Chromium is not installed (or named in CLOISTER_CHROMIUM)'
    : false
}

/** How the browser is started, without a window; `flags` are added. */
export function browserOptions(flags: readonly string[] = []) {
  const executablePath = chromiumPath()
  if (executablePath === undefined) throw new Error('Chromium is not installed')
  return {
    executablePath,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      ...flags,
    ],
  }
}

/** Starts a fresh browser without a window. The caller closes it. */
export async function openBrowser(flags: readonly string[] = []): Promise<Browser> {
  return await chromium.launch(browserOptions(flags))
}

/** The headers under which every page of the product is served. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'",
    "connect-src 'self'; media-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'",
    "frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wav': 'audio/wav',
}

export interface Site {
  readonly origin: string
  close(): Promise<void>
}

/**
 * Serves built pages under the product's headers on loopback, single ranges included.
 * `made` holds answers that no file stands for, by path.
 */
export async function serveSite(
  folder: string,
  made: Readonly<Record<string, { type: string; body: string | Uint8Array }>> = {},
): Promise<Site> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://here').pathname
    const answer = made[path]
    if (answer !== undefined) {
      sendBytes(response, answer.type, Buffer.from(answer.body), request.headers.range)
      return
    }
    const name = path === '/' ? '/index.html' : extname(path) === '' ? `${path}.html` : path
    const file = normalize(join(folder, name))
    if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404, pageHeaders).end()
      return
    }
    response.writeHead(200, { ...pageHeaders, 'Content-Type': types[extname(file)] ?? '' })
    createReadStream(file).pipe(response)
  })
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function sendBytes(
  response: ServerResponse,
  type: string,
  body: Buffer,
  range: string | undefined,
): void {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? '')
  if (asked === null) {
    response.writeHead(200, {
      ...pageHeaders,
      'Content-Type': type,
      'Content-Length': body.length,
      'Accept-Ranges': 'bytes',
    })
    response.end(body)
    return
  }
  const from = Number(asked[1])
  const to = asked[2] === '' ? body.length - 1 : Math.min(Number(asked[2]), body.length - 1)
  response.writeHead(206, {
    ...pageHeaders,
    'Content-Type': type,
    'Content-Length': to - from + 1,
    'Content-Range': `bytes ${from}-${to}/${body.length}`,
  })
  response.end(body.subarray(from, to + 1))
}

/**
 * Opens a page that notes everything a careful browser complains of: refused by the policy,
 * thrown, failed to load. `faults` fills as they happen.
 */
export async function openPage(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`)
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  return { page, faults }
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly help: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

/**
 * Checks a page with axe-core against WCAG 2.2 A and AA. The test driver brings axe in past the
 * page's policy, as a person's own tool would come. Answers one line per finding.
 */
export async function axeFindings(page: Page): Promise<string[]> {
  // What appears slowly is judged as it will stand; a wheel that turns for ever is not waited for.
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
        .map(({ finished }) => finished),
    ),
  )
  const { source } = await import('axe-core').then((module) => module.default)
  await page.evaluate(source)
  const results = await page.evaluate<AxeResults>(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })",
  )
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`),
  )
}
