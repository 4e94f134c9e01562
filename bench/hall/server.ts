/**
 * The installation that a bench measures, in a process of its own, so that what the bench itself
 * costs is not the server's. Says over its channel what the log's key is, is told where a witness
 * stands, says where its doors are, and serves until it is told to end or the bench is gone.
 */
import { beginServer } from '../../src/cli/commands/start.ts'
import type { StageServer } from '../../src/cli/stage/stage.ts'

export type FromServer =
  { readonly logKey: string } | { readonly opened: StageServer } | { readonly failed: string }
export type ToServer = { readonly witness: { url: string; key: string } } | { readonly end: true }

const [, , directory = ''] = process.argv
const say = (words: FromServer) => process.send?.(words)
process.once('disconnect', () => process.exit(1))

try {
  const started = await beginServer(directory, (logKey) => {
    say({ logKey })
    return new Promise((resolve) => {
      process.once('message', (answer: ToServer) => {
        if ('witness' in answer) resolve(answer.witness)
      })
    })
  })
  const { ports, authority, operatorSocket } = started
  say({ opened: { ports, authority, operatorSocket } })
  process.on('message', (told: ToServer) => {
    if ('end' in told) void started.close().then(() => process.exit(0))
  })
} catch (error) {
  const failed = error instanceof Error ? error.message : 'fault'
  process.send?.({ failed } satisfies FromServer, () => process.exit(1))
}
