import { readBrat, writeBrat } from './brat.ts'
import { readCloister, writeCloister } from './cloister.ts'
import { readConll2003, readConllU, writeConll2003, writeConllU } from './conll.ts'
import { readDoccano, writeDoccano } from './doccano.ts'
import { readLabelStudioMin, writeLabelStudioMin } from './label-studio/min.ts'
import { readLabelStudio } from './label-studio/read.ts'
import { writeLabelStudio } from './label-studio/write.ts'
import type { Kind } from './model.ts'
import type { Reader } from './reading.ts'
import { readProdigy, readSpacy, writeProdigy, writeSpacy } from './spacy.ts'
import type { Writer } from './writing.ts'

/** A format by its name, and how its files lie. */
export interface Format {
  readonly name: string
  readonly title: string
  /**
   * `file`: one file holds any number of items. `document`: one file holds one item, so that many
   * are a folder. `folder`: an item or a set of items is several files.
   */
  readonly layout: 'file' | 'document' | 'folder'
  /** The endings of its files, the one that is written first. */
  readonly endings: readonly string[]
  readonly kinds: readonly Kind[]
  /** What its offsets and times count. */
  readonly counts: string
  readonly variants?: readonly string[]
  readonly read: Reader
  readonly write: Writer
}

const every = ['text', 'audio', 'image', 'search', 'pair'] as const

/** Every format that can be read and written. */
export const formats: readonly Format[] = [
  {
    name: 'cloister',
    title: 'Cloister JSON Lines',
    layout: 'file',
    endings: ['.jsonl'],
    kinds: every,
    counts: 'code points, samples, pixels',
    read: readCloister,
    write: writeCloister,
  },
  {
    name: 'label-studio',
    title: 'Label Studio JSON, with predictions',
    layout: 'file',
    endings: ['.json'],
    kinds: every,
    counts: 'code points, seconds, percent',
    read: readLabelStudio,
    write: writeLabelStudio,
  },
  {
    name: 'label-studio-min',
    title: 'Label Studio JSON_MIN',
    layout: 'file',
    endings: ['.json'],
    kinds: every,
    counts: 'code points, seconds, percent',
    read: readLabelStudioMin,
    write: writeLabelStudioMin,
  },
  {
    name: 'doccano',
    title: 'doccano JSON Lines',
    layout: 'file',
    endings: ['.jsonl'],
    kinds: ['text'],
    counts: 'UTF-16 code units',
    read: readDoccano,
    write: writeDoccano,
  },
  {
    name: 'spacy',
    title: 'spaCy JSON Lines',
    layout: 'file',
    endings: ['.jsonl'],
    kinds: ['text'],
    counts: 'code points',
    read: readSpacy,
    write: writeSpacy,
  },
  {
    name: 'prodigy',
    title: 'Prodigy JSON Lines',
    layout: 'file',
    endings: ['.jsonl'],
    kinds: ['text', 'audio'],
    counts: 'code points, seconds',
    read: readProdigy,
    write: writeProdigy,
  },
  {
    name: 'conll-2003',
    title: 'CoNLL-2003',
    layout: 'file',
    endings: ['.conll'],
    kinds: ['text'],
    counts: 'tokens',
    variants: ['iob2', 'iob1'],
    read: readConll2003,
    write: writeConll2003,
  },
  {
    name: 'conll-u',
    title: 'CoNLL-U',
    layout: 'file',
    endings: ['.conllu'],
    kinds: ['text'],
    counts: 'tokens with their spaces',
    read: readConllU,
    write: writeConllU,
  },
  {
    name: 'brat',
    title: 'brat standoff',
    layout: 'folder',
    endings: ['.txt', '.ann'],
    kinds: ['text'],
    counts: 'code points',
    read: readBrat,
    write: writeBrat,
  },
]

/** The format of this name, or undefined. */
export function formatNamed(name: string): Format | undefined {
  return formats.find((format) => format.name === name)
}
