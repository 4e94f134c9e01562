import { stat } from 'node:fs/promises'
import {
  type Converted,
  type ConvertOptions,
  type Encoding,
  encodings,
  type Format,
  formatNamed,
  formats,
  InputFault,
  Losses,
  refusalOf,
} from '@cloister/annotation-formats'
import { convertFiles, openInput, OutputFiles } from '@cloister/annotation-formats/node'
import cliProgress from 'cli-progress'
import type { Command } from 'commander'
import { answer, Fault } from '../terminal.ts'
import { readSchema, schemaText } from './convert-schema.ts'

interface Options {
  from: string
  to: string
  schema?: string
  schemaOut?: string
  rate?: string
  encoding: string
  offsets?: string
  variant?: string
  keepGoing?: true
  strict?: true
  json?: true
}

const example = `
Example:
  cloister convert --from label-studio --to textgrid --rate 16000 export.json tiers/

A folder as OUT ends with / or is there already. Formats of one document a file read and write a
folder of them; what a conversion cannot carry is listed on standard error.`

/** Adds `cloister convert`. */
export function addConvertCommand(program: Command): void {
  program
    .command('convert')
    .description('Convert annotations from one format to another.')
    .requiredOption('--from <format>', `one of ${formats.map(({ name }) => name).join(', ')}`)
    .requiredOption('--to <format>', 'likewise')
    .option('--schema <file>', 'label schema (JSON) or Label Studio configuration (XML)')
    .option(
      '--schema-out <file>',
      'write that schema as well: a Label Studio configuration where the name ends in .xml, else JSON',
    )
    .option(
      '--rate <samples>',
      'samples per second of the recordings, where the input does not say',
    )
    .option('--encoding <name>', `encoding of the input: ${encodings.join(', ')}`, 'utf-8')
    .option(
      '--offsets <unit>',
      'what offsets count, for doccano and spaCy: codePoint, utf16, utf8, grapheme',
    )
    .option('--variant <name>', 'one of several ways to write a format, such as iob1 or short')
    .option('--keep-going', 'leave out records that are refused, and go on')
    .option('--strict', 'fail when anything is lost')
    .option('--json', 'answer with one JSON document')
    .argument('<in>')
    .argument('<out>')
    .addHelpText('after', example)
    .action(async (from: string, to: string, options: Options) => {
      await run(from, to, options)
    })
}

async function run(inPath: string, outPath: string, options: Options): Promise<void> {
  const from = named(options.from)
  const to = named(options.to)
  const refusal = refusalOf(from, to)
  if (refusal !== undefined) throw new Fault(`this pair cannot be converted: ${refusal}`, 2)
  const ofSchema = new Losses()
  const convertOptions = {
    ...(await readOptions(options, to, ofSchema)),
    ...(options.keepGoing ? { keepGoing: true } : {}),
  }
  const schemaOut = schemaOutOf(options, convertOptions, ofSchema)
  const intoFolder = to.layout !== 'file' && (to.layout === 'folder' || (await isFolder(outPath)))
  const input = await openInput(inPath, from.endings, encodingOf(options.encoding)).catch(
    (error: unknown) => {
      throw faultOf(error, inPath)
    },
  )
  if (input.names.length === 0)
    throw new Fault(`${inPath} holds no file that ends in ${from.endings.join(' or ')}`)
  const output = new OutputFiles(outPath, intoFolder)
  try {
    const converted = await withProgress((onItem) =>
      convertFiles(from, to, input, singleDocument(output, to, intoFolder), {
        ...convertOptions,
        onItem,
      }),
    )
    ofSchema.add(converted.losses)
    const done = { ...converted, losses: ofSchema.list() }
    if (options.strict && done.losses.length > 0) {
      // A program wants the list of what would be lost all the more when that is a failure.
      if (options.json) report(done, true)
      throw new Fault(lossLines(done).join('\n'), 3)
    }
    // Without an item there is no document, and an empty file would be none.
    await output.finish(to.layout !== 'document' || intoFolder)
    await writeSchemaOut(schemaOut)
    report(done, options.json === true)
  } catch (error) {
    await output.abandon()
    throw faultOf(error, inPath)
  }
}

interface SchemaOut {
  readonly path: string
  readonly text: string
}

function schemaOutOf(
  { schemaOut: path }: Options,
  { schema }: ConvertOptions,
  losses: Losses,
): SchemaOut | undefined {
  if (path === undefined) return undefined
  if (schema === undefined) throw new Fault('--schema-out needs --schema', 2)
  return { path, text: schemaText(schema, path, losses) }
}

async function writeSchemaOut(schemaOut: SchemaOut | undefined): Promise<void> {
  if (schemaOut === undefined) return
  const output = new OutputFiles(schemaOut.path, false)
  output.append('', schemaOut.text)
  await output.finish()
}

/** A format of one document a file can put one item into one file only. */
function singleDocument(output: OutputFiles, to: Format, intoFolder: boolean) {
  if (to.layout !== 'document' || intoFolder) return output
  let only: string | undefined
  return {
    append: (name: string, data: string | Uint8Array) => {
      only ??= name
      if (only !== name)
        throw new Fault(
          `${to.name} holds one item in a file, and there are several: give a folder as OUT (ending in /)`,
        )
      output.append(name, data)
    },
    get isFull() {
      return output.isFull
    },
    drain: () => output.drain(),
  }
}

function named(name: string): Format {
  const format = formatNamed(name)
  if (format === undefined)
    throw new Fault(
      `'${name}' is no format; known are ${formats.map((each) => each.name).join(', ')}`,
      2,
    )
  return format
}

function encodingOf(name: string): Encoding {
  const encoding = encodings.find((each) => each === name.toLowerCase())
  if (encoding === undefined)
    throw new Fault(`--encoding must be one of ${encodings.join(', ')}`, 2)
  return encoding
}

async function isFolder(path: string): Promise<boolean> {
  if (path.endsWith('/')) return true
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

async function readOptions(
  { rate, offsets, variant, schema }: Options,
  to: Format,
  losses: Losses,
): Promise<ConvertOptions> {
  const samples = Number(rate ?? 1)
  if (!Number.isInteger(samples) || samples < 1 || samples > 10_000_000)
    throw new Fault('--rate must be a whole number of samples per second', 2)
  const units = ['codePoint', 'utf16', 'utf8', 'grapheme'] as const
  const unit = units.find((each) => each === offsets)
  if (offsets !== undefined && unit === undefined)
    throw new Fault(`--offsets must be one of ${units.join(', ')}`, 2)
  if (variant !== undefined && to.variants?.includes(variant) !== true)
    throw new Fault(
      `--variant for ${to.name} must be one of ${to.variants?.join(', ') ?? 'none: it has none'}`,
      2,
    )
  return {
    ...(rate === undefined ? {} : { rate: samples }),
    ...(unit === undefined ? {} : { unit }),
    ...(variant === undefined ? {} : { variant }),
    ...(schema === undefined ? {} : await schemaIn(schema, losses)),
  }
}

async function schemaIn(path: string, losses: Losses) {
  try {
    return await readSchema(path, losses)
  } catch (error) {
    throw faultOf(error, path)
  }
}

/** What is said of a path by the code of a fault of the file system. */
const fileFaults: Readonly<Record<string, string>> = {
  ENOENT: 'is not there, or its folder is not',
  EACCES: 'may not be read or written',
  EPERM: 'may not be read or written',
  EISDIR: 'is a folder where a file is needed',
  ENOTDIR: 'goes through a file as if it were a folder',
  ENOTEMPTY: 'is a folder where a file is needed',
  ENAMETOOLONG: 'has a name that is too long',
  ENOSPC: 'does not fit on the disk',
  EROFS: 'cannot be written: the disk is read-only',
}

/** Faults of the input and of the file system in one clear line; anything else is a bug. */
function faultOf(error: unknown, path: string): unknown {
  if (error instanceof InputFault) return new Fault(error.message)
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string')
    return error
  const said = fileFaults[error.code]
  const where = 'path' in error && typeof error.path === 'string' ? error.path : path
  return said === undefined ? error : new Fault(`${where.replace(/[.]part$/, '')} ${said}`)
}

async function withProgress(
  run: (onItem: (items: number) => void) => Promise<Converted>,
): Promise<Converted> {
  if (!process.stderr.isTTY) return run(() => undefined)
  const bar = new cliProgress.SingleBar({
    format: '{value} items converted, {duration_formatted}',
    stream: process.stderr,
  })
  bar.start(0, 0)
  try {
    return await run((items) => {
      bar.update(items)
    })
  } finally {
    bar.stop()
  }
}

function lossLines({ losses }: Converted): string[] {
  return losses.map(
    ({ message, count, examples }) =>
      `lost: ${message} (${count}: ${examples.join(', ')}${count > examples.length ? ', …' : ''})`,
  )
}

function report(done: Converted, asJson: boolean): void {
  const { items, refused } = done
  if (!asJson) {
    for (const fault of refused.first) process.stderr.write(`left out: ${fault}\n`)
    if (refused.count > refused.first.length)
      process.stderr.write(`left out: ${refused.count - refused.first.length} more\n`)
    for (const line of lossLines(done)) process.stderr.write(`${line}\n`)
  }
  answer(done, asJson, () => [`${items} ${items === 1 ? 'item' : 'items'} converted`])
}
