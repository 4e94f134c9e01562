import type { Command } from 'commander'
import { answer, Fault } from '../terminal.ts'

interface Options {
  encoding: string
  socket?: string
  undo?: string
  json?: true
}

/** `cloister import`: brings a client's items into a project, or takes a batch out again. */
export function addImportCommands(program: Command): void {
  program
    .command('import')
    .description("Bring a client's items into a project, from a manifest.")
    .argument('<project>', "the project's code")
    .argument('[manifest]', 'a .jsonl or .csv file; the files that it names lie beside or below it')
    .option('--encoding <name>', 'utf-8, or latin1 for ISO 8859-1', 'utf-8')
    .option('--undo <batch>', 'remove a batch on which nobody has begun to work')
    .option('--socket <path>', "the running server's operator socket")
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
A row has item_ref, subject_refs, language (BCP 47), kind (text or audio), text or file, and if wanted
sha256 and meta. Faulty rows go to MANIFEST.rejected.jsonl with their reasons; the others are taken in. What was put
right comes in another manifest, which may repeat the rows that are there.
An import that was interrupted goes on where it stopped when the same command is given again.
Exit code 0: every row is in; 3: the others are in, some were rejected; 1: it stopped; 2: wrongly asked.

Example:
  cloister import voice-queries queries.jsonl
  cloister import voice-queries --undo bat_mz5…`,
    )
    .action(runImport)
}

async function runImport(
  code: string,
  manifest: string | undefined,
  { encoding, socket, undo, json }: Options,
): Promise<void> {
  if (encoding !== 'utf-8' && encoding !== 'latin1')
    throw new Fault(`--encoding ${encoding}: known are utf-8 and latin1`, 2)
  if ((manifest === undefined) === (undo === undefined))
    throw new Fault('name a manifest, or a batch with --undo', 2)
  const { operatorAt, operatorSocket } = await import('../operator.ts')
  const { findProject, importManifest, undoBatch } = await import('../manifest/import.ts')
  const operator = operatorAt(operatorSocket(socket))
  const project = await findProject(operator, code)
  const asJson = json === true
  if (undo !== undefined) {
    const removed = await undoBatch(operator, project, undo)
    answer({ batch: undo, removed }, asJson, () => [`${undo} undone: ${removed} items removed`])
    return
  }
  const bar = await openBar()
  try {
    const done = await importManifest(operator, project, manifest ?? '', encoding, bar.show)
    bar.stop()
    if (!done.scanned)
      process.stderr.write(
        'cloister: nothing was scanned: this installation has no malware scanner\n',
      )
    answer(done, asJson, () => [
      `${done.batch}: ${done.accepted} items taken in, ${done.present} were there, ${done.rejected} rejected`,
      ...(done.rejectedFile === null
        ? []
        : [
            `reasons in ${done.rejectedFile}; this manifest's rows are not tried again: put those right in one of their own`,
          ]),
    ])
    if (done.rejected > 0) process.exitCode = 3
  } finally {
    bar.stop()
  }
}

/** A progress bar on a terminal, nothing elsewhere. */
async function openBar(): Promise<{
  readonly show: (done: number, all: number) => void
  readonly stop: () => void
}> {
  if (!process.stderr.isTTY) return { show: () => undefined, stop: () => undefined }
  const { SingleBar } = await import('cli-progress')
  const bar = new SingleBar({
    format: '{bar} {percentage}% of the manifest, {eta_formatted} left',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  })
  let begun = false
  return {
    show(done, all) {
      if (begun) bar.update(done)
      else bar.start(all, done)
      begun = true
    },
    stop() {
      if (begun) bar.stop()
    },
  }
}
