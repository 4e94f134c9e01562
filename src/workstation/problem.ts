import type { ServerResponse } from 'node:http'

/** Answers with a problem document (RFC 9457) of this program's own. `detail` says what to do. */
export function answerProblem(
  response: ServerResponse,
  kind: string,
  status: number,
  title: string,
  detail: string,
): void {
  const body = problemDocument(kind, status, title, detail)
  response.writeHead(status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(body)
}

/** The document alone, for answers that are written to a socket. */
export function problemDocument(
  kind: string,
  status: number,
  title: string,
  detail: string,
): string {
  return JSON.stringify({ type: `/problems/${kind}`, title, status, detail })
}
