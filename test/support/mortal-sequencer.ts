/**
 * A sequencer that kills itself: `mortal-sequencer.ts SOCKETS DATABASE KEY STATEMENT sent|answered`.
 * At its STATEMENT-th statement it dies by SIGKILL, either when that was sent and perhaps done, or
 * when it was surely done and nothing more.
 */
import { logSigner } from '@cloister/transparency-log'
import { startSequencer } from '../../src/server/domains/audit/index.ts'
import { openClient } from '../../src/server/kernel/db.ts'

const [socketDirectory = '', database = '', key = '', statement = '', moment = ''] =
  process.argv.slice(2)
const die = () => process.kill(process.pid, 'SIGKILL')

async function connect() {
  const client = await openClient({ socketDirectory, role: 'cloister_sequencer', database })
  const query: (text: string, values?: unknown[]) => Promise<unknown> = client.query.bind(client)
  let count = 0
  const mortal = async (text: string, values?: unknown[]) => {
    count += 1
    const answer = query(text, values)
    if (count !== Number(statement)) return answer
    if (moment === 'answered') await answer
    // Written to the socket by now; whether the server has done it is open.
    else await new Promise(setImmediate)
    die()
    return answer
  }
  Object.assign(client, { query: mortal })
  return client
}

const sequencer = startSequencer({
  ...{ connect, signer: logSigner(key), now: () => new Date() },
  onFault: (error) => {
    throw error
  },
})
await sequencer.ended
