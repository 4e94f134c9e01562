import { useState } from 'react'
import { Server } from './api/server.ts'
import { languages, type Language } from './locales/messages.gen.ts'
import { App } from './pages/house/app.tsx'
import type { PersonSetting } from './pages/house/house.tsx'
import { Application, openRoot } from './root.tsx'

/** The browser's own language, until a person chooses theirs. */
function browserLanguage(): Language {
  const asked = navigator.languages.map((tag) => new Intl.Locale(tag).language)
  return asked.flatMap((wish) => languages.find((language) => language === wish) ?? [])[0] ?? 'en'
}

const server = new Server((address, init) => fetch(address, init))

function Page() {
  const [setting, setSetting] = useState<PersonSetting>(() => ({
    language: browserLanguage(),
    theme: 'system',
  }))
  return (
    <Application setting={setting}>
      <App server={server} setting={setting} onSetting={setSetting} />
    </Application>
  )
}

openRoot(<Page />)
