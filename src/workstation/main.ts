import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Door } from './door.ts'
import { startWorkstation } from './workstation.ts'

const usage = `usage: workstation --id ID --server HOST:PORT --ca FILE --dir DIR
         [--building HOST:PORT] [--name LABEL] [--listen HOST:PORT] [--code-file FILE] [--software-key]
ends with 3 when the server has revoked this machine
example: workstation --id ws-3 --server 10.1.0.2:8443 --building 10.1.0.2:8444 --ca ca.pem --name cloister --listen 127.0.0.1:8080 --dir /var/lib/cloister-ws`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...{ id: { type: 'string' }, server: { type: 'string' }, building: { type: 'string' } },
      ...{
        name: { type: 'string' },
        ca: { type: 'string' },
        dir: { type: 'string' },
        'code-file': { type: 'string' },
      },
      ...{
        listen: { type: 'string', default: '127.0.0.1:0' },
        'software-key': { type: 'boolean' },
      },
    },
  })
  const { id, name, server, building, ca, dir } = values
  if (id === undefined || server === undefined || ca === undefined || dir === undefined)
    throw new Error(`--id, --server, --ca and --dir are needed\n${usage}`)
  const authority = await readFile(ca, 'utf8')
  const door = (text: string): Door => ({ ...address(text), ca: authority })
  const codeFile = values['code-file']
  const workstation = await startWorkstation({
    ...{ id, dir, listen: address(values.listen), server: door(server), clock: () => new Date() },
    ...(name !== undefined && { name }),
    ...(building !== undefined && { building: door(building) }),
    ...(codeFile !== undefined && { code: (await readFile(codeFile, 'utf8')).trim() }),
    softwareKey: values['software-key'] === true,
    onFault: (words) => {
      process.stderr.write(`workstation: ${words}\n`)
    },
    onShutOut: (words) => {
      process.stderr.write(`workstation: ${words}\n`)
      process.exitCode = 3
      end()
    },
  })
  function end(): void {
    void workstation.close()
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  process.stdout.write(`${JSON.stringify({ url: workstation.url })}\n`)
}

/** `HOST:PORT`, an IPv6 host in brackets. */
function address(text: string): { host: string; port: number } {
  const [, six, four, port] = /^(?:\[([0-9a-f:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = six ?? four
  if (host === undefined || Number(port) > 65_535)
    throw new Error(`'${text}' is not HOST:PORT\n${usage}`)
  return { host, port: Number(port) }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`workstation: ${error instanceof Error ? error.message : 'failed'}\n`)
  process.exitCode = 1
}
