/**
 * A sequencer that kills itself: `mortal-sequencer.mjs SOCKETS DATABASE KEY STATEMENT sent|answered`.
 * At its STATEMENT-th statement it dies by SIGKILL, either when that was sent and perhaps done, or
 * when it was surely done and nothing more.
 */
import { logSigner } from '@cloister/transparency-log'
import { startSequencer } from '../../dist/server/domains/audit/index.js'
import { openClient } from '../../dist/server/kernel/db.js'

const [socketDirectory = '', database = '', key = '', statement = '', moment = ''] =
  process.argv.slice(2)
const die = () => process.kill(process.pid, 'SIGKILL')

async function connect() {
  const client = await openClient({ socketDirectory, role: 'cloister_sequencer', database })
  const query = client.query.bind(client)
  let count = 0
  const mortal = async (text, values) => {
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
