/**
 * The whole product as it was built, in a process of its own, for tests that kill it: `product.mjs DIRECTORY
 * INSIDE BUILDING OUTSIDE`.
 */
import { readConfig } from '../../dist/server/kernel/config.js'
import { startInstallation } from '../../dist/server/start.js'
import { startWitness } from '../../dist/witness/witness.js'

const [directory = '', inside, building, outside] = process.argv.slice(2)
const read = readConfig(
  {
    ...{ CLOISTER_DEMONSTRATION: 'true', CLOISTER_DIRECTORY: directory },
    ...{ CLOISTER_DOORS_INSIDE_PORT: inside, CLOISTER_DOORS_BUILDING_PORT: building },
    CLOISTER_DOORS_OUTSIDE_PORT: outside,
  },
  () => '',
)
if (!('config' in read)) throw new Error(read.faults.join('; '))
const now = () => new Date()
const say = (words) => process.stderr.write(`${words}\n`)
const started = await startInstallation(read.config, {
  now,
  onFault(error, where) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
    say(`fault: ${where}: ${error instanceof Error ? error.message : String(error)}: ${cause}`)
  },
  onDeath(reason) {
    say(`the database has ended: ${reason.message}`)
    process.exit(1)
  },
  witness: async (logKey) => {
    const { url, vkey } = await startWitness({
      ...{ dir: `${directory}/witness`, name: 'example.org/witness', logs: [logKey] },
      ...{ host: '127.0.0.1', port: 0, now: () => Date.now() },
      onFault: (error) => {
        say(`fault: witness: ${error instanceof Error ? error.message : String(error)}`)
      },
    })
    return { url, key: vkey }
  },
})
const { server, authority, operatorSocket, policy } = started
process.once('SIGTERM', () => {
  void started.close().then(() => process.exit(0))
})
process.stdout.write(
  `${JSON.stringify({ ports: server.ports, authority, operatorSocket, policy })}\n`,
)
