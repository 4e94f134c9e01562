import { join } from 'node:path'
import { checkHead, logHealth } from '../domains/audit/index.ts'
import { type Connect, namedConnections } from '../databases.ts'
import type { Config, Part } from '../kernel/config.ts'
import { openDb, transact } from '../kernel/db.ts'
import { checkMigrated, standingOf } from '../kernel/migrate.ts'
import type { Role } from '../kernel/roles.ts'
import { readPublished } from '../published.ts'
import { bad, type Finding, good, look, unseen, warning } from './finding.ts'

/** More than this between the database's clock and ours is wrong, in milliseconds. */
const clocksApart = 2_000
/** Roles that must find no way into the schema of sealed bytes. */
const kept: readonly Role[] = ['cloister_building', 'cloister_outside', 'cloister_sequencer']

/** The database as each part of this process enters it, and the log that stands in it. */
export async function lookAtDatabase(config: Config, now: () => Date): Promise<readonly Finding[]> {
  const connect = connectTo(config)
  const found: Finding[] = []
  for (const part of config.parts)
    found.push(...(await look(`database ${part}`, () => lookAsRole(connect, part, now))))
  if (found.some(({ state }) => state !== 'good'))
    return [...found, unseen('log', 'its database has to be well first')]
  const reader = config.parts.find((part) => part !== 'building') ?? 'building'
  return [...found, ...(await look('log', () => lookAtLog(config, connect, reader, now)))]
}

/** Where the embedded cluster listens while the installation runs. */
function connectTo(config: Config): Connect {
  if (Object.keys(config.databases).length > 0) return namedConnections(config)
  const socketDirectory = join(config.directory, 'postgres', 'run')
  return (role) => ({ socketDirectory, role, database: 'cloister' })
}

async function lookAsRole(connect: Connect, part: Part, now: () => Date): Promise<Finding> {
  const check = `database ${part}`
  const role: Role = `cloister_${part}`
  const connection = connect(role)
  await checkMigrated(connection)
  const standing = await standingOf(connection)
  if (standing.role !== role) return bad(check, `it is entered as ${standing.role}, not as ${role}`)
  if (standing.mighty)
    return bad(check, `${role} may do everything: take superuser, createrole and bypassrls away`)
  if (kept.includes(role) && standing.reachesVault)
    return bad(check, `${role} has a right on the vault: revoke it`)
  if (standing.major < 15) return bad(check, `PostgreSQL ${standing.major} is too old: 15 or later`)
  if (standing.encoding !== 'UTF8')
    return bad(check, `its encoding is ${standing.encoding}, not UTF8`)
  if (!standing.durable)
    return bad(check, 'fsync or full_page_writes is off: a crash loses the log')
  const apart = Math.abs(standing.clock.getTime() - now().getTime())
  if (apart > clocksApart)
    return bad(check, `its clock is ${Math.round(apart / 1000)} s off ours: set both by one source`)
  return good(check, `PostgreSQL ${standing.major}, migrated, as ${role}`)
}

async function lookAtLog(
  config: Config,
  connect: Connect,
  reader: Part,
  now: () => Date,
): Promise<readonly Finding[]> {
  const { log } = await readPublished(config.directory)
  const db = openDb(connect(`cloister_${reader}`), { pool: 1 })
  try {
    return await transact(db, async (tx) => {
      if (reader === 'building') return [unseen('log', 'the building part may not read it')]
      const size = await checkHead(tx, log)
      const head = good('log', `${size} entries; the last gives the root of the signed checkpoint`)
      const { well, behind, cosigned } = await logHealth(tx, now())
      if (well) return [head, good('log lag', `${cosigned} entries are cosigned, none waits long`)]
      const who =
        behind === 'witness' ? 'the witness has not cosigned' : 'the sequencer has not come'
      return [head, bad('log lag', `${who} for over a minute: confidential acts are closed`)]
    })
  } finally {
    await db.destroy()
  }
}

/** Said where a configuration names no witness at all. */
export const noWitness = warning(
  'witness',
  'none is named: confidential acts close a minute after the first entry',
)
