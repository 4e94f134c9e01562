import {
  parseAnnotation,
  parseLabelSchema,
  type Annotation,
  type LabelSchema,
} from '@cloister/annotation-formats'
import {
  DraftSaved,
  MediaOpened,
  NextTask,
  OwnWork as OwnWorkShape,
  Renewed,
  TaskPayload,
  Work,
} from '#shared/annotation.ts'
import { Done } from '#shared/identity.ts'
import { Guideline as GuidelineShape } from '#shared/projects.ts'
import {
  ItemLost,
  RefusedByGate,
  Unfit,
  type AudioContent,
  type BenchApi,
  type BenchItem,
  type Guideline,
  type OwnWork,
  type Quality,
  type Reason,
  type Standing,
  type Verdict,
} from './bench-api.ts'
import type { SignalLine } from './line.ts'
import { Refusal, type Server } from './server.ts'

/** Where somebody works: one project, as one of the two. */
export interface Seat {
  readonly project: string
  readonly mode: 'annotate' | 'review'
}

/** The Bench over the inside door. Holds no content: only versions of drafts, by task. */
export class HttpBench implements BenchApi {
  readonly #server: Server
  readonly #line: SignalLine
  readonly #seat: Seat
  readonly #drafts = new Map<string, number>()

  constructor(server: Server, line: SignalLine, seat: Seat) {
    this.#server = server
    this.#line = line
    this.#seat = seat
  }

  async next(): Promise<BenchItem | null> {
    const { project, mode } = this.#seat
    const address = `/projects/${project}/${mode === 'review' ? 'next-review' : 'next'}`
    this.#needLine()
    try {
      return await this.#asked(async () =>
        this.#take(await this.#server.ask('POST', address, TaskPayload)),
      )
    } catch (error) {
      if (error instanceof Refusal && error.kind === 'no-task') return null
      throw error
    }
  }

  async guideline({ guideline }: BenchItem): Promise<Guideline | null> {
    if (guideline === null) return null
    this.#needLine()
    const address = `/projects/${this.#seat.project}/guideline`
    const told = await this.#asked(() => this.#server.ask('GET', address, GuidelineShape))
    return { version: told.version, sections: sectionsOf(told.text) }
  }

  async saveDraft(task: string, annotation: Annotation): Promise<void> {
    const save = async (base: number) => {
      const body = { annotation, base }
      const { version } = await this.#server.ask('PUT', `/tasks/${task}/draft`, DraftSaved, body)
      this.#drafts.set(task, version)
    }
    await this.#asked(async () => {
      try {
        await save(this.#drafts.get(task) ?? 0)
      } catch (error) {
        // An answer that was lost on its way: the draft that stands is this person's own.
        if (!(error instanceof Refusal) || error.version === null) throw error
        await save(error.version)
      }
    })
  }

  submit(task: string, annotation: Annotation): Promise<BenchItem | null> {
    return this.#finish(task, 'submit', { annotation, next: true })
  }

  skip(task: string, { kind, note }: Reason): Promise<BenchItem | null> {
    const reason = kind === 'wrongLanguage' ? 'wrong-language' : kind
    return this.#finish(task, 'skip', { reason, ...(note !== '' && { note }), next: true })
  }

  async release(task: string): Promise<void> {
    await this.#asked(() => this.#server.ask('POST', `/tasks/${task}/release`, Done))
  }

  review(task: string, verdict: Verdict): Promise<BenchItem | null> {
    return this.#finish(task, 'review', { ...decisionOf(verdict), next: true })
  }

  async heartbeat(task: string): Promise<void> {
    await this.#asked(() => this.#server.ask('POST', `/tasks/${task}/renew`, Renewed))
  }

  async ownWork(): Promise<readonly OwnWork[]> {
    const { tasks } = await this.#asked(() => this.#server.ask('GET', '/own-work', OwnWorkShape))
    return tasks
      .filter(({ project }) => project === this.#seat.project)
      .map(({ task, code, state, at, reopenable }) => ({
        ...{ task, reference: referenceOf(code, task), at: new Date(at), reopenable },
        state: states[state] ?? 'inHand',
      }))
  }

  async reopen(task: string): Promise<BenchItem> {
    this.#needLine()
    return await this.#asked(async () =>
      this.#take(await this.#server.ask('POST', `/tasks/${task}/reopen`, TaskPayload)),
    )
  }

  async quality(): Promise<Quality> {
    const { quality } = await this.#asked(() => this.#server.ask('GET', '/own-work', OwnWorkShape))
    const { submitted, accepted, corrected, returned } = quality
    return { submitted, accepted, corrected, sentBack: returned }
  }

  onStanding(listener: (standing: Standing) => void): () => void {
    let asked = 0
    const ask = async (): Promise<void> => {
      const turn = ++asked
      const standing = await this.#standing()
      if (turn === asked && !this.#line.silent) listener(standing)
    }
    return this.#line.subscribe((word) => {
      listener({ open: false, conditions: [word === 'silent' ? 'silent' : 'asking'] })
      if (word !== 'silent') void ask()
    })
  }

  /** Nothing is asked for that could not be taken back. @throws RefusedByGate while the line is silent */
  #needLine(): void {
    if (this.#line.silent) throw new RefusedByGate(['silent'])
  }

  /** Whether the gate would hand this person their next item now. */
  async #standing(): Promise<Standing> {
    try {
      const { projects } = await this.#server.ask('GET', '/work', Work)
      const own = projects.find(({ project }) => project === this.#seat.project)
      const conditions = own === undefined ? ['team'] : own.conditions
      return conditions.length === 0 ? { open: true } : { open: false, conditions }
    } catch (error) {
      return { open: false, conditions: conditionsOf(error) ?? ['silent'] }
    }
  }

  async #finish(task: string, act: string, body: object): Promise<BenchItem | null> {
    return await this.#asked(async () => {
      const { next } = await this.#server.ask('POST', `/tasks/${task}/${act}`, NextTask, body)
      this.#drafts.delete(task)
      return next === null ? null : this.#take(next)
    })
  }

  /** Turns the refusals that the Bench knows into its own words. */
  async #asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const conditions = conditionsOf(error)
      if (conditions !== null) throw new RefusedByGate(conditions)
      if (!(error instanceof Refusal)) throw error
      if (error.kind === 'lease-lost' || error.kind === 'not-found') throw new ItemLost()
      if (error.kind === 'invalid-input' && error.faults.length > 0) throw new Unfit(error.faults)
      throw error
    }
  }

  #take(payload: TaskPayload): BenchItem {
    this.#drafts.set(payload.task, payload.draft)
    const schema = schemaOf(payload.schema)
    const { task, type, code, language, sha256, audio, guideline, returned } = payload
    return {
      ...{ task, language, schema, guideline, mode: type },
      reference: referenceOf(code, task),
      source: { sha256, ...(audio !== undefined && { rate: audio.rate }) },
      content: audio === undefined ? { text: payload.text ?? '' } : this.#sound(task, audio),
      annotation: payload.annotation === null ? null : annotationOf(payload.annotation),
      sentBack: returned ?? null,
    }
  }

  /** A recording behind its task's addresses. The rendition is WAV, 16 bits, with this much head. */
  #sound(task: string, audio: NonNullable<TaskPayload['audio']>): AudioContent {
    const { rate, samples, channels } = audio
    const place = `/tasks/${task}/media`
    const bytes = (name: string, from: number, to: number) =>
      this.#asked(() => this.#server.bytes(`${place}/${name}`, from, to))
    const frame = 2 * channels
    let opened: Promise<{ audioBytes: number }> | undefined
    const open = () => (opened ??= this.#asked(() => this.#server.ask('POST', place, MediaOpened)))
    return {
      ...{ rate, samples, address: `${place}/audio` },
      async open() {
        await open()
      },
      peaks: (from, to) => bytes('peaks', from, to),
      async pcm(from, to) {
        const { audioBytes } = await open()
        const head = audioBytes - samples * frame
        const sound = await bytes('audio', head + from * frame, head + to * frame)
        const view = new DataView(sound.buffer, sound.byteOffset, sound.byteLength)
        const count = Math.floor(sound.length / frame)
        return Int16Array.from({ length: count }, (_, n) => view.getInt16(n * frame, true))
      },
    }
  }
}

const states: Readonly<Record<string, OwnWork['state']>> = {
  submitted: 'submitted',
  accepted: 'accepted',
  returned: 'sentBack',
  skipped: 'setAside',
}

/** Refusals of the machine, whoever sits at it. */
const machineKinds: ReadonlySet<Refusal['kind']> = new Set([
  ...(['certificate-refused', 'certificate-revoked', 'workstation-not-enrolled'] as const),
])

/** The conditions behind a refusal, or null when it is of another kind. */
function conditionsOf(error: unknown): readonly string[] | null {
  if (!(error instanceof Refusal)) return null
  if (error.kind === 'not-signed-in') return ['session']
  if (machineKinds.has(error.kind)) return ['inside']
  return error.kind === 'access-denied' ? error.conditions : null
}

function decisionOf(verdict: Verdict): object {
  switch (verdict.is) {
    case 'accepted':
      return { decision: 'accept' }
    case 'corrected':
      return { decision: 'correct', annotation: verdict.annotation }
    case 'sentBack':
      return { decision: 'return', reason: verdict.reason }
  }
}

function schemaOf(body: unknown): LabelSchema {
  const parsed = parseLabelSchema(body)
  if (!parsed.ok) throw new Refusal('unexpected')
  return parsed.value
}

function annotationOf(body: unknown): Annotation {
  const parsed = parseAnnotation(body)
  if (!parsed.ok) throw new Refusal('unexpected')
  return parsed.value
}

function referenceOf(code: string, task: string): string {
  return `${code} · ${task.slice(-6)}`
}

/** A guideline's text cut at its headings, which begin with number signs as in Markdown. */
export function sectionsOf(text: string): Guideline['sections'] {
  const sections: { title: string; text: string }[] = []
  for (const line of text.split(/\r\n|\r|\n/)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)
    if (heading !== null) sections.push({ title: heading[1] ?? '', text: '' })
    else if (sections.length === 0 && line.trim() !== '') sections.push({ title: '', text: line })
    else {
      const last = sections.at(-1)
      if (last !== undefined) last.text += `${last.text === '' ? '' : '\n'}${line}`
    }
  }
  return sections.map(({ title, text: body }) => ({ title, text: body.trim() }))
}
