/**
 * `cloister convert` on files of 1 MB, 100 MB and 1 GB: megabytes a second by the clock and by
 * processor time, and the peak memory of a process of its own. Beside each Label Studio file stands
 * how long it takes to parse its tasks as JSON and do nothing with them, in the same run.
 * `CONVERT_BENCH_MB=1,100` chooses sizes, `CONVERT_BENCH_PAIRS=stm-cloister` pairs. Needs a built
 * `dist/cli` and two and a half times the largest size in the temporary folder.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const sentence =
  'Showers continued throughout the week in the cocoa zone — prospects improved, it said. '

function labelStudioTask(id: number): string {
  const text = sentence.repeat(6)
  const span = (name: string, start: number, end: number, label: string) => ({
    id: `${name}${id}`,
    from_name: 'label',
    to_name: 'text',
    type: 'labels',
    origin: 'manual',
    value: { start, end, text: text.slice(start, end), labels: [label] },
  })
  const result = [span('a', 0, 7, 'event'), span('b', 41, 46, 'place')]
  const annotations = [{ id, completed_by: id % 40, created_at: '2026-05-02T10:00:00Z', result }]
  return JSON.stringify({ id, data: { text }, annotations, predictions: [] })
}

function stmLine(id: number): string {
  const start = (id % 600) * 4
  const recording = `rec${String(Math.floor(id / 600)).padStart(7, '0')}`
  return `${recording} 1 spk${id % 3} ${start}.40 ${start + 3}.15 ${sentence.trim()}\n`
}

/** A document of about 1 MB: sentences of words, the first and the eighth of which are labelled. */
function webAnnoDocument(): string {
  const words = sentence.trim().split(' ')
  let text = '#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Span|value\n\n'
  let at = 0
  for (let number = 1; text.length < 1_000_000; number++) {
    text += `\n#Text=${words.join(' ')}\n`
    for (const [place, word] of words.entries()) {
      const label = place === 0 ? 'event' : place === 7 ? 'place' : '_'
      text += `${number}-${place + 1}\t${at}-${at + word.length}\t${word}\t${label}\t\n`
      at += word.length + 1
    }
  }
  return text
}

/** A recording of about 1 MB in TextGrid's long form: two tiers of sentences with gaps. */
function textGridDocument(): string {
  const intervals = 3600
  const end = intervals * 3
  const tier = (name: string, number: number) => {
    let text = `    item [${number}]:\n        class = "IntervalTier"\n        name = "${name}"\n        xmin = 0\n        xmax = ${end}\n        intervals: size = ${intervals}\n`
    for (let place = 0; place < intervals; place++)
      text += `        intervals [${place + 1}]:\n            xmin = ${place * 3}\n            xmax = ${place * 3 + 3}\n            text = "${place % 2 === number - 1 ? sentence.trim() : ''}"\n`
    return text
  }
  return `File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = ${end}\ntiers? <exists>\nsize = 2\nitem []:\n${tier('agent', 1)}${tier('caller', 2)}`
}

interface Input {
  readonly first?: string
  readonly between?: string
  readonly last?: string
  /** One record of a file, or one file of a folder. */
  readonly record: (id: number) => string
  /** The ending of the files of a folder. */
  readonly ending?: string
}

const webAnno = webAnnoDocument()
const textGrid = textGridDocument()
const inputs: Readonly<Record<string, Input>> = {
  'label-studio': { first: '[', between: ',\n', last: ']', record: labelStudioTask },
  stm: { record: stmLine },
  'webanno-tsv': { record: () => webAnno, ending: '.tsv' },
  textgrid: { record: () => textGrid, ending: '.TextGrid' },
}

const pairs = [
  ['label-studio', 'cloister'],
  ['label-studio', 'spacy'],
  ['label-studio', 'label-studio'],
  ['webanno-tsv', 'cloister'],
  ['textgrid', 'cloister'],
  ['stm', 'cloister'],
] as const

/** Writes an input of this size, and answers with its bytes. */
async function generate(path: string, input: Input, megabytes: number): Promise<number> {
  const { first = '', between = '', last = '', record, ending } = input
  if (ending !== undefined) mkdirSync(path)
  const open = (name: string) => createWriteStream(name)
  let file = ending === undefined ? open(path) : undefined
  file?.write(first)
  let size = 0
  for (let id = 0; size < megabytes * 1e6; id++) {
    const part = `${id === 0 ? '' : between}${record(id)}`
    size += Buffer.byteLength(part)
    if (ending !== undefined) {
      file = open(join(path, `${String(id).padStart(7, '0')}${ending}`))
      file.end(part)
      await once(file, 'finish')
    } else if (file?.write(part) === false) await once(file, 'drain')
  }
  if (ending === undefined && file !== undefined) {
    file.end(last)
    await once(file, 'finish')
  }
  return bytesIn(path)
}

function bytesIn(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size
  return readdirSync(path).reduce((size, name) => size + statSync(join(path, name)).size, 0)
}

interface Measured {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMegabytes: number
}

/** Prints, when the process ends, its processor seconds and its peak memory in megabytes. */
const measure = `process.on('exit',()=>{const u=process.resourceUsage();process.stderr.write('@@'+JSON.stringify([(u.userCPUTime+u.systemCPUTime)/1e6,u.maxRSS*1024/1e6]))})`

/** Reads tasks that stand a line each, and parses them. */
const parseOnly = `import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
for await (const line of createInterface({ input: createReadStream(process.argv[1]) }))
  JSON.parse(line.replace(/^[[,]/, '').replace(/[,\\]]$/, ''))`

function timed(args: readonly string[]): Promise<Measured> {
  const before = process.hrtime.bigint()
  const hook = `data:text/javascript,${encodeURIComponent(measure)}`
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--import', hook, ...args], (error, _, err) => {
      if (error !== null) {
        reject(new Error(`a run failed: ${err}`, { cause: error }))
        return
      }
      const said: unknown = JSON.parse(err.slice(err.lastIndexOf('@@') + 2))
      const [cpuSeconds, peakMegabytes] = Array.isArray(said) ? said.map(Number) : []
      const seconds = Number(process.hrtime.bigint() - before) / 1e9
      resolve({ seconds, cpuSeconds: cpuSeconds ?? 0, peakMegabytes: peakMegabytes ?? 0 })
    })
  })
}

function rounded(value: number): number {
  return Number(value.toFixed(1))
}

/** Converts one generated input, and measures it. */
async function measured(folder: string, from: string, to: string, size: number): Promise<object> {
  const path = join(folder, 'input')
  const out = join(folder, 'output')
  const input = inputs[from]
  if (input === undefined) throw new Error(`no input of ${from}`)
  try {
    const megabytes = (await generate(path, input, size)) / 1e6
    const convert = ['dist/cli/main.js', 'convert', '--from', from, '--to', to, '--rate', '16000']
    const done = await timed([...convert, path, out])
    const alone =
      from === 'label-studio'
        ? await timed(['--input-type=module', '--eval', parseOnly, path])
        : undefined
    return {
      from,
      to,
      MB: Math.round(megabytes),
      'MB/s': rounded(megabytes / done.seconds),
      'MB per CPU second': rounded(megabytes / done.cpuSeconds),
      'peak memory, MB': Math.round(done.peakMegabytes),
      ...(alone === undefined
        ? {}
        : {
            'JSON.parse alone, MB/s': rounded(megabytes / alone.seconds),
            'and MB per CPU second': rounded(megabytes / alone.cpuSeconds),
          }),
    }
  } finally {
    rmSync(path, { recursive: true, force: true })
    rmSync(out, { recursive: true, force: true })
  }
}

export async function run(json: boolean): Promise<void> {
  const sizes = (process.env['CONVERT_BENCH_MB'] ?? '1,100,1000').split(',').map(Number)
  const chosen = process.env['CONVERT_BENCH_PAIRS']?.split(',')
  const folder = mkdtempSync(join(tmpdir(), 'cloister-bench-'))
  const rows: object[] = []
  try {
    for (const [from, to] of pairs)
      if (chosen === undefined || chosen.includes(`${from}-${to}`))
        for (const size of sizes) rows.push(await measured(folder, from, to, size))
  } finally {
    rmSync(folder, { recursive: true })
  }
  if (json) console.log(JSON.stringify({ bench: 'convert', rows }))
  else console.table(rows)
}
