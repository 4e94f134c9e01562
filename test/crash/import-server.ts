/** The operator door as a process that can be killed: `import-server.ts SOCKET_DIRECTORY DATABASE FOLDER`. */
import { openOperatorDoor } from '../support/operator-door.ts'

const [socketDirectory = '', database = '', folder = ''] = process.argv.slice(2)
await openOperatorDoor((role) => ({ socketDirectory, role, database }), folder)
process.stdout.write('open\n')
