import { readBrat, writeBrat } from './brat.ts'
import { cloisterRecords, writeCloister } from './cloister.ts'
import { readConll2003, writeConll2003 } from './conll/conll-2003.ts'
import { readConllU, writeConllU } from './conll/conll-u.ts'
import { doccanoRecords, writeDoccano } from './doccano.ts'
import { readLabelStudioMin, writeLabelStudioMin } from './label-studio/min.ts'
import { labelStudioRecords } from './label-studio/read.ts'
import { writeLabelStudio } from './label-studio/write.ts'
import type { Kind } from './model.ts'
import type { Reader } from './reading.ts'
import { readerOf, type Records } from './records.ts'
import { readNemo, readSegLst, writeNemo, writeSegLst } from './speech/objects.ts'
import {
  readCtm,
  readRttm,
  readStm,
  readUem,
  writeCtm,
  writeRttm,
  writeStm,
  writeUem,
} from './speech/tables.ts'
import { readCvatTsv, writeCvatTsv } from './speech/cvat.ts'
import { readEaf } from './speech/eaf-read.ts'
import { writeEaf } from './speech/eaf-write.ts'
import { readKaldi, writeKaldi } from './speech/kaldi.ts'
import { readSrt, readWebVtt, writeSrt, writeWebVtt } from './speech/subtitles.ts'
import { readCoco, writeCoco } from './image/coco.ts'
import { readVoc, writeVoc } from './image/voc.ts'
import { readYolo, writeYolo } from './image/yolo.ts'
import { readParquet, writeParquet } from './parquet.ts'
import { readCsv, writeCsv } from './table.ts'
import { readTextGrid, writeTextGrid } from './speech/textgrid.ts'
import { prodigyRecords, spacyRecords, writeProdigy, writeSpacy } from './spacy.ts'
import { readCasJson } from './uima/json-read.ts'
import { writeCasJson } from './uima/json-write.ts'
import { readWebAnno } from './uima/tsv-read.ts'
import { writeWebAnno } from './uima/tsv-write.ts'
import { readXmi } from './uima/xmi-read.ts'
import { writeXmi } from './uima/xmi-write.ts'
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
  /** How it is read record by record, where records do not hang on one another. */
  readonly records?: Records
  readonly write: Writer
  /** True where what is written of some items and what of the next, joined, is what is written of all. */
  readonly apart?: true
}

const every = ['text', 'audio', 'image', 'search', 'pair'] as const

function inRecords(records: Records): Pick<Format, 'read' | 'records'> {
  return { read: readerOf(records), records }
}

/** Every format that can be read and written. */
export const formats: readonly Format[] = [
  {
    name: 'cloister',
    title: 'Cloister JSON Lines',
    layout: 'file',
    endings: ['.jsonl'],
    kinds: every,
    counts: 'code points, samples, pixels',
    ...inRecords(cloisterRecords),
    write: writeCloister,
    apart: true,
  },
  {
    name: 'label-studio',
    title: 'Label Studio JSON, with predictions',
    layout: 'file',
    endings: ['.json'],
    kinds: every,
    counts: 'code points, seconds, percent',
    ...inRecords(labelStudioRecords),
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
    variants: ['utf16', 'grapheme'],
    ...inRecords(doccanoRecords),
    write: writeDoccano,
    apart: true,
  },
  {
    name: 'spacy',
    title: 'spaCy JSON Lines',
    layout: 'file',
    endings: ['.jsonl'],
    kinds: ['text'],
    counts: 'code points',
    ...inRecords(spacyRecords),
    write: writeSpacy,
    apart: true,
  },
  {
    name: 'prodigy',
    title: 'Prodigy JSON Lines',
    layout: 'file',
    endings: ['.jsonl'],
    kinds: ['text', 'audio'],
    counts: 'code points, seconds',
    ...inRecords(prodigyRecords),
    write: writeProdigy,
    apart: true,
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
  {
    name: 'webanno-tsv',
    title: 'WebAnno TSV 3.3',
    layout: 'document',
    endings: ['.tsv'],
    kinds: ['text'],
    counts: 'tokens, in UTF-16 code units',
    read: readWebAnno,
    write: writeWebAnno,
  },
  {
    name: 'uima-cas-json',
    title: 'UIMA CAS JSON 0.4.0',
    layout: 'document',
    endings: ['.json'],
    kinds: ['text'],
    counts: 'UTF-16 code units',
    read: readCasJson,
    write: writeCasJson,
  },
  {
    name: 'uima-cas-xmi',
    title: 'UIMA CAS XMI',
    layout: 'folder',
    endings: ['.xmi'],
    kinds: ['text'],
    counts: 'UTF-16 code units',
    read: readXmi,
    write: writeXmi,
  },
  {
    name: 'textgrid',
    title: 'Praat TextGrid',
    layout: 'document',
    endings: ['.TextGrid'],
    kinds: ['audio'],
    counts: 'seconds',
    variants: ['long', 'short'],
    read: readTextGrid,
    write: writeTextGrid,
  },
  {
    name: 'eaf',
    title: 'ELAN EAF',
    layout: 'document',
    endings: ['.eaf'],
    kinds: ['audio'],
    counts: 'milliseconds',
    read: readEaf,
    write: writeEaf,
  },
  {
    name: 'ctm',
    title: 'CTM',
    layout: 'file',
    endings: ['.ctm'],
    kinds: ['audio'],
    counts: 'seconds',
    read: readCtm,
    write: writeCtm,
  },
  {
    name: 'stm',
    title: 'STM',
    layout: 'file',
    endings: ['.stm'],
    kinds: ['audio'],
    counts: 'seconds',
    read: readStm,
    write: writeStm,
  },
  {
    name: 'rttm',
    title: 'RTTM',
    layout: 'file',
    endings: ['.rttm'],
    kinds: ['audio'],
    counts: 'seconds',
    read: readRttm,
    write: writeRttm,
  },
  {
    name: 'seglst',
    title: 'SegLST',
    layout: 'file',
    endings: ['.seglst.json'],
    kinds: ['audio'],
    counts: 'seconds',
    read: readSegLst,
    write: writeSegLst,
  },
  {
    name: 'uem',
    title: 'UEM',
    layout: 'file',
    endings: ['.uem'],
    kinds: ['audio'],
    counts: 'seconds',
    read: readUem,
    write: writeUem,
  },
  {
    name: 'kaldi',
    title: 'Kaldi data directory',
    layout: 'folder',
    endings: ['wav.scp', 'segments', 'text', 'utt2spk'],
    kinds: ['audio'],
    counts: 'seconds',
    read: readKaldi,
    write: writeKaldi,
  },
  {
    name: 'nemo',
    title: 'NeMo segment manifest',
    layout: 'file',
    endings: ['.jsonl'],
    kinds: ['audio'],
    counts: 'seconds',
    read: readNemo,
    write: writeNemo,
  },
  {
    name: 'cvat-tsv',
    title: 'CVAT generic TSV',
    layout: 'file',
    endings: ['.tsv'],
    kinds: ['audio'],
    counts: 'HH:MM:SS.fraction',
    read: readCvatTsv,
    write: writeCvatTsv,
  },
  {
    name: 'webvtt',
    title: 'WebVTT',
    layout: 'document',
    endings: ['.vtt'],
    kinds: ['audio'],
    counts: 'milliseconds',
    read: readWebVtt,
    write: writeWebVtt,
  },
  {
    name: 'srt',
    title: 'SubRip',
    layout: 'document',
    endings: ['.srt'],
    kinds: ['audio'],
    counts: 'milliseconds',
    read: readSrt,
    write: writeSrt,
  },
  {
    name: 'coco',
    title: 'COCO objects',
    layout: 'file',
    endings: ['.json'],
    kinds: ['image'],
    counts: 'pixels',
    read: readCoco,
    write: writeCoco,
  },
  {
    name: 'yolo',
    title: 'YOLO',
    layout: 'folder',
    endings: ['.txt', 'data.yaml'],
    kinds: ['image'],
    counts: 'shares of the image',
    read: readYolo,
    write: writeYolo,
  },
  {
    name: 'voc',
    title: 'Pascal VOC',
    layout: 'folder',
    endings: ['.xml'],
    kinds: ['image'],
    counts: 'pixels',
    read: readVoc,
    write: writeVoc,
  },
  {
    name: 'csv',
    title: 'Table of regions as CSV',
    layout: 'file',
    endings: ['.csv'],
    kinds: every,
    counts: 'code points and UTF-16, samples, pixels',
    read: readCsv,
    write: writeCsv,
  },
  {
    name: 'parquet',
    title: 'Table of regions as Parquet',
    layout: 'file',
    endings: ['.parquet'],
    kinds: every,
    counts: 'code points and UTF-16, samples, pixels',
    read: readParquet,
    write: writeParquet,
  },
]

/** The format of this name, or undefined. */
export function formatNamed(name: string): Format | undefined {
  return formats.find((format) => format.name === name)
}
