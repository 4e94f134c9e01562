/**
 * The rolling of a project's key, which kills itself: `mortal-roll.ts SOCKETS DATABASE FOLDER PROJECT
 * STATEMENT`. Before its STATEMENT-th statement it dies by SIGKILL; with fewer to do it ends by itself.
 */
import { type KyselyPlugin } from 'kysely'
import { rollKeys } from '../../src/server/domains/vault/index.ts'
import { openDb } from '../../src/server/kernel/db.ts'
import { keyWorkshop } from './key-workshop.ts'
import { openVaultIn } from './operator-door.ts'

const [socketDirectory = '', database = '', folder = '', project = '', statement = ''] =
  process.argv.slice(2)
let count = 0
const mortal: KyselyPlugin = {
  transformQuery({ node }) {
    count += 1
    if (count === Number(statement)) process.kill(process.pid, 'SIGKILL')
    return node
  },
  transformResult: ({ result }) => Promise.resolve(result),
}
const db = openDb({ socketDirectory, role: 'cloister_jobs', database }, { pool: 1 })
const vault = await openVaultIn(folder)
const shop = keyWorkshop(db.withPlugin(mortal), vault)
await rollKeys(shop, project, 'per_test', new AbortController().signal)
vault.close()
await db.destroy()
