import { Refused } from './kit/state.tsx'
import { useMessages } from './kit/words.tsx'
import { languages, type Language } from './locales/messages.gen.ts'
import { Application, openRoot } from './root.tsx'

/** The browser's own language, until a person has signed in and brought theirs. */
function browserLanguage(): Language {
  const asked = navigator.languages.map((tag) => new Intl.Locale(tag).language)
  return asked.flatMap((wish) => languages.find((language) => language === wish) ?? [])[0] ?? 'en'
}

/** Stands here until the server's doors are joined on: it asks nobody, so it claims nothing. */
function NotReached() {
  const { kit } = useMessages()
  return (
    <main>
      <Refused title={kit.notReachedTitle()} text={kit.notReachedText()} />
    </main>
  )
}

openRoot(
  <Application setting={{ language: browserLanguage(), theme: 'system' }}>
    <NotReached />
  </Application>,
)
