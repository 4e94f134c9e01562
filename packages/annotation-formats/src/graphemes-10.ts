/**
 * Grapheme clusters as Unicode 10.0 knows them, exactly as the package grapheme-splitter 1.0.4 finds
 * them, which doccano counts with in its grapheme mode. `Intl.Segmenter` knows a later Unicode and
 * finds others in many emoji.
 */

/** Properties of characters that decide where a cluster ends (Unicode Standard Annex 29, revision 31). */
type Class = keyof typeof ranges | 'other' | 'cr' | 'lf' | 'zwj' | 'hangulLV' | 'hangulLVT'

/*
 * GraphemeBreakProperty.txt of Unicode 10.0 and, for emoji, emoji-data.txt 5.0 (Unicode, Inc.; Unicode
 * License), as runs of code points: how many lie between the run and the one before it, and after a
 * plus sign how many it has where it is more than one, in base 36.
 */
const ranges = {
  control: `
    0+a 1+2 1+i 2n+x d 12m 3jl 1ks 2+2 o+7 1d+g 109c+1kw 64f 6o+c 119g+4 43z+8 h405+w 2o+3k
    6o+2s0`,
  extend: `
    lc+34 7n+7 7b+19 1 1+2 1+2 1 20+b 1c+l g 2t+7 2+6 2+2 1+4 z u+r 2j+b 1m+9 y+4 1+9 1+3
    1+5 17+3 3c+e 1+w 1j 1 4+8 4 3+7 a+2 t 1m 1 2+4 8 9 a+2 t+2 1l 4+2 4+2 2+3 3 u+2 3 b+2
    1l 4+5 1+2 4 k+2 m+6 1 1m 1+2 1+4 8 8+2 a+2 u 1n 1 c 9 14 1p+3 5+3 1+4 7+2 b+2 t 1m 2 2
    3 5+2 7+2 b+2 s+2 1l+2 1 2+4 8 9 a+2 2u 4 2+3 1 8 29 2+7 c+8 2q 2+6 1+2 b+6 22+2 r 1 1
    1j+e 1+5 1+2 5+b 1+10 9 2u+4 1+6 1+2 2+2 p+2 4+3 g+4 d 2+2 6 f jj+3 qa+3 t+3 t+2 u+2
    1s+2 1+7 8 2+b 9 19+3 3b+2 y 3a+3 4+2 9 6+3 63+2 2 1m 1+7 1 1 2+8 6+a 2 1c+f 1t+4 1c 1+5
    1 5 14+9 c+2 w+4 2+2 1+3 1k 1+2 3 1+3 1m+8 2+2 48+3 1+d 1+7 4 6 3+2 5i+1m 1+5 ek 5f+x
    2da+3 3x 2o+w fe+6 2x+2 n9w+4 1+a w+2 28+2 7k 3 4 p+2 4d+2 q+i 1g+8 p+b 1a+3 1c 2+4 2 14
    1v+6 2+2 2+2 c 8 1b 1f 1+3 2+2 5+2 1 16+2 8 6m 2 4 fn4 kh+g g+g a6+2 gt 6a 45+5 1ae+3
    1+2 5+4 14+3 4 4l+2 10a 1i+f 1k+3 1d+4 2+2 1x+3 10+5 1+8 1q c+2 1g+9 b+3 2q+3 2 1+2 6 4g
    3+8 l+2 1m 1 1 m e+7 3+5 5f+8 2+3 1 2x 2+6 1 2 1+2 1+2 6j 2+4 6+2 1+2 r+2 2d+8 2 1+2 2y
    1 2+6 1 2t+3 2+4 1+5 k5+6 2+2 14+6 2+4 8 9+6 2+3 1a+d 1+2 ba+7 1+6 1 2a+m 2+7 1+2 1+2
    3e+6 3 1+2 1+7 1 fc8+5 1n+7 uw+4 f7u+2 43q 1+3 4+5 8+8 2+7 u+4 44+3 1iz+1j 4+1e 8 e m+5
    1+f 11s+7 1+h 2+7 1+2 1+5 1ph+7 31+7 gzbp+2o 3k+6o`,
  regional: `
    2qcm+q`,
  spacing: `
    1s3 1j 2+3 8+4 1+2 1e+2 1n+2 6+2 2+2 1i 1m+3 1u 1m+3 8 1+2 1h+2 1o 6+2 2+2 36 1+2 3+3
    1+3 1g+3 1p+4 1p+2 1m 1+2 1+2 2+2 1+2 1i+2 1n+2 5+3 1+3 1h+2 24+2 6+7 j+2 1r 3j 3u+2 1r
    4x 9+2 p+2 18 1f5 7+8 1+2 9m+4 2+3 4+2 1+6 68+2 1m 1 l+6 41 1c 5 1+5 1+2 1p u 4+2 2 1o
    2+3 1 3+2 1c+8 8+2 4r g+2 3 rhn+2 2 2g+2 1e+g 3y+2 1b 1c+2 4+2 1+4 32+2 2+2 o 4d 2+2 5
    6l+2 1+2 1+2 1 jrn 1 3j 19+3 4+2 37 2d 1c+3 9+2 2z+3 3+2 1 4q+3 v+2 1n 1+4 2+2 2+3 k+2
    5t+3 8+2 3 2z+2 6 1+2 1 2 6m+2 6+4 2 35+3 8+2 1 31 1+2 6 2x+2 4 kg+2 1c t+2 1q bb e 2y 7
    2 gbg+1a jc7 6`,
  hangulL: `
    3cw+2o u0w+t`,
  hangulV: `
    3fk+20 1348+n`,
  hangulT: `
    3hk+2g 132j+1d`,
  prepend: `
    16o+6 5z 1d cy vf 1f8u 78+2 1o6 23+4 jg`,
  base: `
    7j1 63 g+4 2iyf 1o+3 2 2+3 39+2 2+b t 1+9 3 4+3 1+3 y 5l+2 4 l 4+2 4u+3 3+5 2b g+3 9 b
    gb+5 1+2 6 9+a 3+2 42+d`,
  modifier: `
    2qrf+5`,
  glue: `
    7k0 1 2a+2 35 2j 2isj 1h 1g v g 3 1u 1 4d 1b+2 2y 4 57 47 h`,
  baseGlue: `
    2que+4`,
}

const names = [
  'other',
  'cr',
  'lf',
  'zwj',
  'hangulLV',
  'hangulLVT',
  'control',
  'extend',
  'regional',
  'spacing',
  'hangulL',
  'hangulV',
  'hangulT',
  'prepend',
  'base',
  'modifier',
  'glue',
  'baseGlue',
] as const satisfies readonly Class[]

let classes: Uint8Array | undefined

/** The class of every code point, as its place in `names`. */
function table(): Uint8Array {
  if (classes !== undefined) return classes
  const found = new Uint8Array(0x110000)
  for (const [name, runs] of Object.entries(ranges)) {
    const place = names.findIndex((each) => each === name)
    let at = 0
    for (const run of runs.trim().split(/\s+/)) {
      const [gap = '0', length = '1'] = run.split('+')
      at += parseInt(gap, 36)
      const end = at + parseInt(length, 36)
      found.fill(place, at, end)
      at = end
    }
  }
  found[0x0d] = names.indexOf('cr')
  found[0x0a] = names.indexOf('lf')
  found[0x200d] = names.indexOf('zwj')
  // Hangul syllables are in order: those with a final consonant after the one without.
  for (let code = 0xac00; code < 0xd7a4; code++)
    found[code] = names.indexOf((code - 0xac00) % 28 === 0 ? 'hangulLV' : 'hangulLVT')
  classes = found
  return found
}

/** What is known of a cluster that is being read. */
interface Cluster {
  readonly first: Class
  last: Class
  /** The class before the last one. */
  before: Class | undefined
  /** Whether everything after the first character extends it. */
  isExtended: boolean
  hasExtend: boolean
  /** Whether regional indicators follow the first character, and nothing but them. */
  isRegional: boolean
  /** Whether something follows such regional indicators. */
  isPastRegional: boolean
  hasRegional: boolean
  length: number
}

function begin(first: Class): Cluster {
  return {
    first,
    last: first,
    before: undefined,
    isExtended: true,
    hasExtend: first === 'extend',
    isRegional: true,
    isPastRegional: false,
    hasRegional: false,
    length: 1,
  }
}

function grow(cluster: Cluster, next: Class): void {
  const wasRegional = cluster.isRegional && cluster.length > 1
  cluster.isRegional &&= next === 'regional'
  cluster.isPastRegional ||= wasRegional && !cluster.isRegional
  cluster.hasRegional ||= next === 'regional'
  cluster.isExtended &&= next === 'extend'
  cluster.hasExtend ||= next === 'extend'
  cluster.before = cluster.last
  cluster.last = next
  cluster.length++
}

const breaking: readonly Class[] = ['control', 'cr', 'lf']
const joining: readonly Class[] = ['extend', 'zwj', 'spacing']
const bases: readonly Class[] = ['base', 'baseGlue']
const after: Partial<Record<Class, readonly Class[]>> = {
  hangulL: ['hangulL', 'hangulV', 'hangulLV', 'hangulLVT'],
  hangulV: ['hangulV', 'hangulT'],
  hangulLV: ['hangulV', 'hangulT'],
  hangulT: ['hangulT'],
  hangulLVT: ['hangulT'],
}

/** Whether the next character belongs to the cluster. */
function joins(cluster: Cluster, next: Class): boolean {
  const { first, last, before, length, hasExtend } = cluster
  // Three ways of the package that the annex does not know: what follows a flag with a mark, a skin
  // tone after a mark on anything but a base, and a regional indicator after anything but its like.
  if (cluster.isPastRegional && last !== 'prepend') return false
  if (next === 'modifier' && length > 1 && cluster.isExtended)
    if (first !== 'extend' && !bases.includes(first)) return false
  if (next === 'regional' && length === 1 && first !== 'prepend' && first !== 'regional')
    return false
  if (last === 'cr' && next === 'lf') return true
  if (breaking.includes(last) || breaking.includes(next)) return false
  if (after[last]?.includes(next) === true || joining.includes(next) || last === 'prepend')
    return true
  if (next === 'modifier') {
    // Marks may stand between a base and its skin tone: the package allows for one.
    const base = hasExtend ? (last === 'extend' ? before : undefined) : last
    if (base !== undefined && bases.includes(base)) return true
  }
  if (last === 'zwj' && (next === 'glue' || next === 'baseGlue')) return true
  return !cluster.hasRegional && last === 'regional' && next === 'regional'
}

/** Where each cluster of a text begins, in UTF-16 code units. */
export function clusterStarts(text: string): number[] {
  const of = table()
  const starts: number[] = []
  let cluster: Cluster | undefined
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at) ?? 0
    const next = names[of[code] ?? 0] ?? 'other'
    if (cluster !== undefined && joins(cluster, next)) grow(cluster, next)
    else {
      starts.push(at)
      cluster = begin(next)
    }
    at += code > 0xffff ? 2 : 1
  }
  return starts
}
