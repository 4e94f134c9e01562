/** Files of a computer as input and output of conversions. For Node only. */
import { lstat, mkdir, open, type FileHandle, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { Gathered } from './gathered.ts'
import { type Encoding, toUtf8 } from './encodings.ts'
import { InputFault, type InputFiles } from './reading.ts'

const mostFiles = 1_000_000

/**
 * A file, or the files of a folder (and its folders) whose names have one of the endings, in the
 * order of their names. Links are not followed, so that nothing outside the folder is read.
 */
export async function openInput(
  path: string,
  endings: readonly string[],
  encoding: Encoding = 'utf-8',
): Promise<InputFiles & { size: number }> {
  const top = await lstat(path)
  const isFolder = top.isDirectory()
  const names = isFolder ? await namesIn(path, endings) : [path]
  const sizes = isFolder ? [] : [top.size]
  return {
    names,
    size: sizes[0] ?? 0,
    open: (name) => {
      if (!names.includes(name)) throw new InputFault(name, '', 'is not among the input files')
      return toUtf8(bytesOf(isFolder ? join(path, name) : path), encoding, name)
    },
  }
}

/** The bytes of a file, in chunks that are good until the next one is asked for. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path)
  try {
    // One buffer for all of a file: a new one for each chunk keeps the collector busy.
    const chunk = new Uint8Array(bufferSize)
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, bufferSize)
      if (bytesRead === 0) return
      yield chunk.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function namesIn(folder: string, endings: readonly string[]): Promise<string[]> {
  const names: string[] = []
  const visit = async (below: string): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true })
    for (const entry of entries) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory()) await visit(name)
      else if (entry.isFile() && endings.some((ending) => name.endsWith(ending))) names.push(name)
      if (names.length > mostFiles)
        throw new InputFault(folder, '', `holds more than ${mostFiles} files`)
    }
  }
  await visit('')
  return names.sort((a, b) => (a < b ? -1 : 1))
}

const bufferSize = 1 << 20

/**
 * Output files under way. They are written beside their place and take it when `finish` is called;
 * `abandon` leaves nothing behind. Names out of the folder are refused.
 */
export class OutputFiles {
  readonly #path: string
  readonly #isFolder: boolean
  readonly #open = new Map<string, { handle?: FileHandle; readonly waiting: Gathered }>()
  readonly #done = new Set<string>()
  #waiting = 0

  constructor(path: string, isFolder: boolean) {
    this.#path = path
    this.#isFolder = isFolder
  }

  /** Takes data for a file of the output; `drain` writes it. */
  append(name: string, data: string | Uint8Array): void {
    let file = this.#open.get(name)
    if (file === undefined) {
      file = { waiting: new Gathered() }
      this.#open.set(name, file)
    }
    file.waiting.add(data)
    this.#waiting += data.length
  }

  /** True when enough waits that it should be written before more is taken. */
  get isFull(): boolean {
    return this.#waiting >= bufferSize || this.#open.size > 200
  }

  async drain(): Promise<void> {
    for (const [name, file] of this.#open) {
      if (file.waiting.length > 0) {
        file.handle ??= await this.#begin(name)
        await file.handle.writeFile(file.waiting.bytes())
        file.waiting.empty()
      }
      if (this.#isFolder && this.#open.size > 100) await this.#close(name)
    }
    this.#waiting = 0
  }

  #place(name: string): string {
    if (!this.#isFolder) return this.#path
    const place = resolve(this.#path, name)
    const inside = relative(resolve(this.#path), place)
    if (
      name === '' ||
      inside.startsWith('..') ||
      inside.split(sep).includes('..') ||
      resolve(this.#path) === place
    )
      throw new InputFault(name, '', 'is a name outside the output folder')
    return place
  }

  async #begin(name: string): Promise<FileHandle> {
    const place = this.#place(name)
    if (this.#isFolder) await mkdir(dirname(place), { recursive: true })
    const handle = await open(`${place}.part`, this.#done.has(name) ? 'a' : 'w', 0o600)
    this.#done.add(name)
    return handle
  }

  async #close(name: string): Promise<void> {
    await this.#open.get(name)?.handle?.close()
    this.#open.delete(name)
  }

  async finish(): Promise<void> {
    await this.drain()
    for (const name of [...this.#open.keys()]) await this.#close(name)
    for (const name of this.#done) await rename(`${this.#place(name)}.part`, this.#place(name))
  }

  async abandon(): Promise<void> {
    for (const name of [...this.#open.keys()]) await this.#close(name)
    for (const name of this.#done) await rm(`${this.#place(name)}.part`, { force: true })
  }
}
