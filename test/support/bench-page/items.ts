import type { BenchItem } from '../../../src/web/api/bench-api.ts'
import type { Annotation, LabelSchema, Region } from '@cloister/annotation-formats'

const callNotes: LabelSchema = {
  name: 'call-notes',
  version: 3,
  kind: 'text',
  labels: [
    {
      name: 'person',
      shortcut: '1',
      attributes: [
        { name: 'role', options: ['caller', 'agent', 'third party'], required: true },
        { name: 'comment' },
      ],
    },
    { name: 'organisation', shortcut: '2' },
    { name: 'place', shortcut: '3' },
    { name: 'date', shortcut: '4' },
    { name: 'account number', shortcut: '5', color: '#ffd54f' },
    { name: 'complaint', shortcut: '6', color: '#5c1a1a' },
  ],
  answers: [
    { name: 'intent', options: ['question', 'complaint', 'cancellation'], required: true },
    { name: 'urgent', options: ['yes', 'no'] },
  ],
  relations: [{ name: 'works for' }],
}

export const guideline = {
  version: 3,
  sections: [
    {
      title: 'What to mark',
      text: 'Mark every name once where it stands, title included. A name that is interrupted is one mark in two parts.',
    },
    {
      title: 'Nested marks',
      text: 'An organisation inside a complaint is marked inside it. Do not shorten the complaint.',
    },
    {
      title: 'Numbers',
      text: 'An account number has nine or more digits. Telephone numbers are not marked.',
    },
  ],
}

export const english = `Call of 3 November, agent Dr. Rana Haddad 👩🏽‍💼, Meridian Water.

The caller, Mr. Tomás Oliveira-Brandt, says that the Lisbon office of Meridian Water has charged his account 4471 902 118 twice since 14 October. He was told by Ms. Ingrid, and later again by Ms. Haddad, that the amount would be returned within five days; nothing has arrived.

He lives in Porto, and asks that letters go to his daughter, Beatriz, at the same address. عنوان الابنة: شارع النيل ١٢، القاهرة.\r
The line was cut at 15:42. He called back at 15:50 and spoke to Ahmed (أحمد منصور) of the Cairo desk, who opened complaint 2026-1187.`

const arabic = `مكالمة يوم ٣ نوفمبر، الموظفة د. رنا حداد، شركة ميريديان للمياه.

يقول المتصل السيد توماس أوليفيرا إن مكتب الشركة في لشبونة خصم من حسابه رقم 4471 902 118 مرتين منذ ١٤ أكتوبر. وقد أُبلغ بأن المبلغ سيُعاد خلال خمسة أيام، ولم يصل شيء حتى الآن.

يسكن المتصل في بورتو، ويطلب إرسال الرسائل إلى ابنته Beatriz Brandt في العنوان نفسه.`

const place = (text: string, words: string, nth = 0): [number, number] => {
  let at = -1
  for (let n = 0; n <= nth; n++) at = text.indexOf(words, at + 1)
  const from = Array.from(text.slice(0, at)).length
  return [from, from + Array.from(words).length]
}

function annotationOf(
  marks: readonly (Omit<Region, 'id' | 'anchor'> & { parts: [number, number][] })[],
): Annotation {
  return {
    schema: 'call-notes@3',
    regions: marks.map(({ parts, ...rest }, n) => ({
      id: `r${n + 1}`,
      anchor: { text: parts },
      ...rest,
    })),
    relations: [{ type: 'works for', from: 'r1', to: 'r2' }],
    answers: { intent: 'complaint' },
  }
}

const englishMarks = annotationOf([
  {
    label: 'person',
    parts: [place(english, 'Dr. Rana Haddad')],
    attributes: { role: 'agent' },
  },
  { label: 'organisation', parts: [place(english, 'Meridian Water')] },
  {
    label: 'person',
    parts: [place(english, 'Mr. Tomás Oliveira-Brandt')],
    attributes: { role: 'caller' },
  },
  {
    label: 'complaint',
    parts: [
      place(
        english,
        'the Lisbon office of Meridian Water has charged his account 4471 902 118 twice',
      ),
    ],
  },
  { label: 'organisation', parts: [place(english, 'Lisbon office of Meridian Water')] },
  { label: 'place', parts: [place(english, 'Lisbon')] },
  { label: 'account number', parts: [place(english, '4471 902 118')] },
  { label: 'date', parts: [place(english, '14 October')] },
  {
    label: 'person',
    parts: [place(english, 'Ms. Ingrid'), place(english, 'Haddad', 1)],
    attributes: { role: 'third party' },
  },
  { label: 'place', parts: [place(english, 'القاهرة')] },
  {
    label: 'person',
    parts: [place(english, 'أحمد منصور')],
    attributes: { role: 'agent' },
  },
])

const arabicMarks = annotationOf([
  { label: 'person', parts: [place(arabic, 'د. رنا حداد')], attributes: { role: 'agent' } },
  { label: 'organisation', parts: [place(arabic, 'شركة ميريديان للمياه')] },
  {
    label: 'person',
    parts: [place(arabic, 'السيد توماس أوليفيرا')],
    attributes: { role: 'caller' },
  },
  { label: 'place', parts: [place(arabic, 'لشبونة')] },
  { label: 'account number', parts: [place(arabic, '4471 902 118')] },
  {
    label: 'person',
    parts: [place(arabic, 'Beatriz Brandt')],
    attributes: { role: 'third party' },
  },
])

/** An invented call note with marks on it, in English or Arabic. */
export function textItem(
  task: string,
  language: 'en' | 'ar',
  options: { readonly mode?: 'annotate' | 'review'; readonly marked?: boolean } = {},
): BenchItem {
  const { mode = 'annotate', marked = true } = options
  return {
    task,
    reference: `cn-${task}`,
    language,
    mode,
    schema: callNotes,
    guideline: guideline.version,
    content: { text: language === 'en' ? english : arabic },
    annotation: marked ? (language === 'en' ? englishMarks : arabicMarks) : null,
    sentBack: null,
  }
}

/** A long text with many spans, a third of them nested or crossing, for measuring. */
export function longItem(task: string, characters: number, spans: number): BenchItem {
  const words = ['river', 'Haddad', 'القاهرة', 'charged', '東京', 'account', 'नमस्ते', '😀', 'since']
  const pieces: string[] = []
  let length = 0
  for (let n = 0; length < characters; n++) {
    const word = words[(n * 7 + (n >> 3)) % words.length] ?? ''
    const end = n % 60 === 59 ? '\n' : ' '
    pieces.push(word + end)
    length += Array.from(word).length + 1
  }
  const regions = Array.from({ length: spans }, (_, n): Region => {
    const from = Math.floor((n * (characters - 60)) / spans)
    return {
      id: `r${n + 1}`,
      anchor: { text: [[from, from + 6 + ((n * 13) % 50)]] },
      label: callNotes.labels[n % callNotes.labels.length]?.name ?? '',
      attributes: { role: 'caller' },
    }
  })
  return {
    ...textItem(task, 'en', { marked: false }),
    content: { text: pieces.join('') },
    annotation: { schema: 'call-notes@3', regions, relations: [], answers: { intent: 'question' } },
  }
}

const callAudio: LabelSchema = {
  name: 'calls',
  version: 2,
  kind: 'audio',
  labels: [
    { name: 'speech', shortcut: '1' },
    { name: 'noise', color: '#9e9e9e' },
    { name: 'music' },
  ],
  tiers: ['agent', 'caller'],
  transcripts: [{ name: 'verbatim', required: true }],
  answers: [{ name: 'quality', options: ['good', 'fair', 'poor'] }],
}

const said = [
  'Good morning, Meridian Water, Rana speaking.',
  'Good morning. You charged me twice.',
  'I am sorry. May I have your account number?',
  'صباح الخير، نعم، الرقم ٤٤٧١',
  'Thank you. I can see both charges.',
]

async function fetchBytes(address: string, from: number, to: number): Promise<Uint8Array> {
  const answer = await fetch(address, { headers: { Range: `bytes=${from}-${to - 1}` } })
  return new Uint8Array(await answer.arrayBuffer())
}

/** An invented call whose sound and peaks the test's server answers; segments every few seconds. */
export function audioItem(
  task: string,
  rate: number,
  samples: number,
  segments: number,
): BenchItem {
  const regions = Array.from({ length: segments }, (_, n): Region => {
    const step = Math.floor(samples / segments)
    const from = n * step + Math.floor(step * 0.1)
    return {
      id: `r${n + 1}`,
      anchor: {
        audio: { from, to: from + Math.floor(step * 0.8) },
        tier: n % 2 === 0 ? 'agent' : 'caller',
      },
      label: 'speech',
      transcripts: { verbatim: said[n % said.length] ?? '' },
    }
  })
  return {
    task,
    reference: `call-${task}`,
    language: 'en',
    mode: 'annotate',
    schema: callAudio,
    guideline: guideline.version,
    content: {
      address: '/sound.wav',
      open: () => Promise.resolve(),
      rate,
      samples,
      peaks: (from, to) => fetchBytes('/peaks.bin', from, to),
      pcm: async (from, to) => {
        const bytes = await fetchBytes('/sound.wav', 44 + from * 2, 44 + to * 2)
        return new Int16Array(bytes.buffer)
      },
    },
    annotation: { schema: 'calls@2', regions, relations: [], answers: {} },
    sentBack: null,
  }
}
