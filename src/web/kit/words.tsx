import { createContext, useContext, type ReactNode } from 'react'
import type { Language, Messages } from '../locales/messages.gen.ts'

interface Words {
  readonly language: Language
  readonly messages: Messages
}

const Spoken = createContext<Words | null>(null)

/** Languages that are written from right to left, of those that Cloister speaks or may learn. */
const rightToLeft: ReadonlySet<string> = new Set(['ar', 'fa', 'he', 'ur'])

/** The direction in which a language is written. */
export function directionOf(language: string): 'ltr' | 'rtl' {
  return rightToLeft.has(language) ? 'rtl' : 'ltr'
}

/** Gives everything below it the messages of one language. */
export function Speak({ language, messages, children }: Words & { readonly children: ReactNode }) {
  return <Spoken value={{ language, messages }}>{children}</Spoken>
}

function useWords(): Words {
  const words = useContext(Spoken)
  if (words === null) throw new Error('Speak must stand around everything that shows words.')
  return words
}

/** Every message of the person's language, by domain: `useMessages().bench.submit()`. */
export function useMessages(): Messages {
  return useWords().messages
}

/** The person's language, for Intl. */
export function useLanguage(): Language {
  return useWords().language
}
