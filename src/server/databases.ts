import type { Config, Part } from './kernel/config.ts'
import type { Connection } from './kernel/db.ts'
import { StartFault } from './kernel/fault.ts'
import { checkMigrated, prepareDatabase } from './kernel/migrate.ts'
import { startPostgres } from './kernel/postgres.ts'
import type { Role } from './kernel/roles.ts'

/** How a role of this installation enters its database. */
export type Connect = (role: Role) => Connection

/** The installation's database, ready to serve. */
export interface OpenedDatabase {
  readonly connect: Connect
  /** The embedded cluster's administrator; null where the database is one of the operator's own. */
  readonly admin: Connection | null
  close(): Promise<void>
}

/**
 * The embedded cluster, migrated; or the databases that the configuration names, found to be migrated.
 * @throws StartFault naming what is missing
 */
export async function openDatabase(
  config: Config,
  onDeath: (reason: Error) => void,
): Promise<OpenedDatabase> {
  const { databases, directory, parts } = config
  if (Object.keys(databases).length > 0) {
    const connect = namedConnections(config)
    if (databases.owner !== undefined) await prepareDatabase(connect('cloister_owner'))
    const [first] = parts
    if (first !== undefined) await checkMigrated(connect(`cloister_${first}`))
    return { connect, admin: null, close: () => Promise.resolve() }
  }
  const postgres = await startPostgres({ dir: directory, onDeath })
  const admin = postgres.connection('cloister_admin', 'cloister')
  try {
    await prepareDatabase(admin)
  } catch (error) {
    await postgres.stop()
    throw error
  }
  const connect: Connect = (role) => postgres.connection(role, 'cloister')
  return { connect, admin, close: () => postgres.stop() }
}

/** The connections that the configuration names, each refused with its variable where it is not given. */
export function namedConnections({ databases }: Config): Connect {
  return (role) => {
    const user = userOf[role]
    const url = databases[user]
    if (url === undefined)
      throw new StartFault(`DATABASE_URL_${user.toUpperCase()} must be said: it is needed here.`)
    return { url: url.reveal() }
  }
}

const userOf: Record<Role, Part | 'owner'> = {
  cloister_owner: 'owner',
  cloister_inside: 'inside',
  cloister_building: 'building',
  cloister_outside: 'outside',
  cloister_operator: 'operator',
  cloister_sequencer: 'sequencer',
  cloister_jobs: 'jobs',
}
