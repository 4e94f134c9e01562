import { spawn } from 'node:child_process'

const root = new URL('../..', import.meta.url).pathname

/** Runs the `cloister` command as it was built, to its end; `said` is all that it wrote. */
export async function runCommand(
  ...args: readonly string[]
): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, ['dist/cli/main.js', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => (said += piece.toString()))
  const code = await new Promise<number>((resolve) => {
    child.once('close', (status) => {
      resolve(status ?? -1)
    })
  })
  return { code, said }
}
