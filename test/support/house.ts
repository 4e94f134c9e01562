import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installationOf } from '../../src/server/installation.ts'
import { readConfig } from '../../src/server/kernel/config.ts'
import { adminRole } from '../../src/server/kernel/roles.ts'
import { openKeys } from '../../src/server/keys.ts'
import type { StrangersLimit } from '../../src/server/http/strangers.ts'
import { openServer, type Server } from '../../src/server/open.ts'
import { stampDirectory } from '../../src/server/stamp.ts'
import type { Door } from '../../src/workstation/door.ts'
import { type Ends, testDatabase, type TestDatabase } from './database.ts'
import { openVaultIn } from './operator-door.ts'

/** All doors of the product with all that an installation puts behind them, over a database of the test. */
export interface House {
  readonly server: Server
  readonly database: TestDatabase
  readonly network: Readonly<Record<'inside' | 'building' | 'outside', Door>>
  readonly operatorSocket: string
  /** What leaves nowhere: faults that were answered with 500. */
  readonly faults: Error[]
}

/** Opens the house as `startInstallation` does, but for the database and the pages, which are the test's own. */
export async function openHouse(
  t: Ends,
  strangers: StrangersLimit = { burst: 1_000_000, perSecond: 1000 },
): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-house-'))
  t.after(() => rm(folder, { recursive: true }))
  const webApp = join(folder, 'web')
  await mkdir(webApp)
  await writeFile(join(webApp, 'index.html'), '<!doctype html><title>test</title>')
  const config = demonstrationIn(join(folder, 'state'))
  const database = await testDatabase(t)
  const now = () => new Date()
  const stamp = await stampDirectory(config.directory, { demonstration: true, make: true })
  const keys = await openKeys(config, stamp, now())
  t.after(() => keys.close())
  const vault = await openVaultIn(join(folder, 'vault'))
  t.after(() => {
    vault.close()
    return Promise.resolve()
  })
  const faults: Error[] = []
  const onFault = (error: Error) => faults.push(error)
  const stands = {
    ...{ keys, vault, policy: '' },
    database: {
      connect: (role: Parameters<TestDatabase['connection']>[0]) => database.connection(role),
      admin: database.connection(adminRole),
      close: () => Promise.resolve(),
    },
  }
  const installation = await installationOf(config, { now, onFault }, stands)
  const server = await openServer({ ...installation, webApp, strangers })
  t.after(() => server.close())
  const door = (name: 'inside' | 'building' | 'outside') => {
    const port = server.ports[name]
    if (port === undefined) throw new Error(`the ${name} door is not open`)
    return { host: '127.0.0.1', port, ca: keys.published.authority }
  }
  return {
    ...{ server, database, faults, operatorSocket: config.doors.operator.socket },
    network: { inside: door('inside'), building: door('building'), outside: door('outside') },
  }
}

function demonstrationIn(directory: string) {
  const read = readConfig(
    {
      ...{ CLOISTER_DEMONSTRATION: 'true', CLOISTER_DIRECTORY: directory },
      ...{ CLOISTER_DOORS_INSIDE_PORT: '0', CLOISTER_DOORS_BUILDING_PORT: '0' },
      CLOISTER_DOORS_OUTSIDE_PORT: '0',
    },
    () => '',
  )
  if ('faults' in read) throw new Error(read.faults.join('; '))
  return read.config
}
