import { Refusal } from './refusal.ts'

/**
 * How a transcript is brought to the form in which it is compared. A profile never changes: what it
 * does would change old scores. A correction is a new version, and the profile's name stands with
 * every score.
 */
interface Profile {
  readonly name: string
  /** Locale for lower case. */
  readonly locale: string
  /** Words that are hesitations and are left out. */
  readonly fillers: readonly string[]
  /** The mark between thousands that is taken out of numbers such as 12,000. */
  readonly thousands: string
  /** Characters that are replaced, after case and before punctuation. */
  readonly replace: readonly (readonly [RegExp, string])[]
}

const apostrophes: readonly [RegExp, string] = [/[\u2018\u2019\u02bc\u0060\u00b4]/g, "'"]
const profile = (
  name: string,
  locale: string,
  thousands: string,
  fillers: string,
  ...replace: (readonly [RegExp, string])[]
): Profile => ({
  name,
  locale,
  thousands,
  fillers: fillers === '' ? [] : fillers.split(' '),
  replace: [apostrophes, ...replace],
})

const profiles: readonly Profile[] = [
  profile('basic@1', 'und', '', ''),
  profile('en@1', 'en', ',', 'uh um uhm erm er hm hmm mm mhm ah eh'),
  profile('de@1', 'de', '.', 'äh ähm öh öhm hm hmm mhm'),
  profile('es@1', 'es', '.', 'eh em ehm mm mmm hm'),
  profile('fr@1', 'fr', '\u202f', 'euh heu hum hm mm'),
  profile('pt@1', 'pt', '.', 'ah eh ãh hm hum mm'),
  profile('uk@1', 'uk', '\u00a0', 'е ем гм мм'),
  profile(
    'ar@1',
    'ar',
    '٬',
    'آه إم ام همم',
    [/[\u064b-\u0652\u0670\u0640]/g, ''],
    [/[أإآٱ]/g, 'ا'],
  ),
  profile('hi@1', 'hi', ',', 'उम अं हम्म'),
]

/** Names of all profiles. */
export const profileNames: readonly string[] = ['none@1', ...profiles.map(({ name }) => name)]

/**
 * Brings a text to the form of a profile, as words separated by single spaces.
 *
 * `none@1` changes nothing but white space. The others, in this order: Unicode NFC; tags in square or
 * angle brackets taken out, such as [noise] or <laugh>; lower case in the language; digits of every
 * script as 0 to 9 and marks between thousands taken out; apostrophes alike, and what the language
 * needs (Arabic: vowel marks and tatweel out, alef alike); punctuation and symbols become spaces, but
 * not an apostrophe or hyphen inside a word, nor a point or comma inside a number; hesitations left
 * out. Number words stay as they are. Refuses an unknown profile with the known ones.
 */
export function normalise(text: string, profileName: string): string {
  if (profileName === 'none@1') return collapse(text)
  const chosen = profiles.find(({ name }) => name === profileName)
  if (chosen === undefined)
    throw new Refusal(
      `The profile '${profileName}' is not known. Choose from ${profileNames.join(', ')}.`,
    )
  let form = text.normalize('NFC').replace(/\[[^\]]*\]|<[^>]*>/g, ' ')
  form = form.toLocaleLowerCase(chosen.locale)
  form = form.replace(/\p{Nd}/gu, (digit) => String(decimalValue(digit)))
  if (chosen.thousands !== '') form = withoutThousands(form, chosen.thousands)
  for (const [pattern, by] of chosen.replace) form = form.replace(pattern, by)
  form = form.replace(
    /(?<=\d)([.,])(?=\d)|(?<=[\p{L}\p{M}])(['-])(?=\p{L})|[\p{P}\p{S}]/gu,
    keepInside,
  )
  const fillers = new Set(chosen.fillers.map((word) => applyAll(word, chosen.replace)))
  return collapse(form)
    .split(' ')
    .filter((word) => !fillers.has(word))
    .join(' ')
}

function keepInside(_: string, inNumber?: string, inWord?: string): string {
  return inNumber ?? inWord ?? ' '
}

function applyAll(word: string, replace: Profile['replace']): string {
  return replace.reduce((form, [pattern, by]) => form.replace(pattern, by), word)
}

function collapse(text: string): string {
  return text.trim().replace(/\s+/gu, ' ')
}

function withoutThousands(text: string, mark: string): string {
  const groups = new RegExp(`\\d{1,3}(?:\\${mark}\\d{3})+(?!\\d)`, 'g')
  return text.replace(groups, (number) => number.replaceAll(mark, ''))
}

/** Decimal digits stand in runs of ten, 0 first, in every script of Unicode. */
function decimalValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0
  let zero = code
  while (code - zero < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero--
  return (code - zero) % 10
}
