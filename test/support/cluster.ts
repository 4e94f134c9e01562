import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, openClient } from '../../src/server/kernel/db.ts'
import { startPostgres } from '../../src/server/kernel/postgres.ts'

/** Names the socket directory of the server that a whole test run shares. */
export const clusterVariable = 'POSTGRES_OF_THIS_TEST_RUN'

export interface TestCluster {
  readonly socketDirectory: string
  stop(): Promise<void>
}

/** A scratch folder that the database's user can reach too. */
export function scratchDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'cloister-test-'))
  chmodSync(dir, 0o711)
  return dir
}

/** Starts a database server in a folder of its own; stopping it removes both. */
export async function startTestCluster(): Promise<TestCluster> {
  const dir = scratchDirectory()
  const postgres = await startPostgres({
    dir,
    onDeath: (reason) => {
      throw reason
    },
  })
  return {
    socketDirectory: postgres.socketDirectory,
    async stop() {
      await postgres.stop()
      rmSync(dir, { recursive: true })
    },
  }
}

/** The rows of one statement, over a connection of its own. */
export async function ask(connection: Connection, statement: string): Promise<unknown[]> {
  const client = await openClient(connection)
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}
