/** Files of a computer as input and output of conversions. For Node only. */
import { constants } from 'node:fs'
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
} from 'node:fs/promises'
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
 * `abandon` leaves nothing behind. Names out of the folder are refused, and so are links in it that
 * lead elsewhere.
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
      // A file that holds nothing is there all the same.
      if (file.waiting.length > 0 || !this.#done.has(name)) {
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
    if (this.#isFolder) await this.#makeFolder(name, dirname(place))
    const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC, O_NOFOLLOW } = constants
    const how = O_WRONLY | O_CREAT | O_NOFOLLOW | (this.#done.has(name) ? O_APPEND : O_TRUNC)
    const handle = await open(`${place}.part`, how, 0o600).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ELOOP')
        throw new InputFault(
          `${name === '' ? this.#path : name}.part`,
          '',
          'is a link where the output should be written',
        )
      throw error
    })
    this.#done.add(name)
    return handle
  }

  /** Makes the folder of a file, and refuses one that a link puts outside the output folder. */
  async #makeFolder(name: string, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true })
    const [top, real] = await Promise.all([realpath(this.#path), realpath(folder)])
    if (real !== top && !real.startsWith(`${top}${sep}`))
      throw new InputFault(name, '', 'would be written outside the output folder, through a link')
  }

  async #close(name: string): Promise<void> {
    await this.#open.get(name)?.handle?.close()
    this.#open.delete(name)
  }

  /** Puts the output in its place. `keepsEmpty`: a file or folder is there though nothing is in it. */
  async finish(keepsEmpty = true): Promise<void> {
    await this.drain()
    if (keepsEmpty && this.#done.size === 0) {
      if (this.#isFolder) await mkdir(this.#path, { recursive: true })
      else this.append('', '')
      await this.drain()
    }
    for (const name of [...this.#open.keys()]) await this.#close(name)
    for (const name of this.#done) await rename(`${this.#place(name)}.part`, this.#place(name))
  }

  async abandon(): Promise<void> {
    for (const name of [...this.#open.keys()]) await this.#close(name)
    for (const name of this.#done) await rm(`${this.#place(name)}.part`, { force: true })
  }
}
