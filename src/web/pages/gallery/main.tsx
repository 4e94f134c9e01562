import { useState } from 'react'
import { layWatermark } from '../../kit/watermark.ts'
import { languages, type Language } from '../../locales/messages.gen.ts'
import { Application, openRoot } from '../../root.tsx'
import { Gallery } from './gallery.tsx'

const asked = new URLSearchParams(location.search)

function Page() {
  const [setting, setSetting] = useState<{ language: Language; theme: 'light' | 'dark' }>({
    language: languages.find((language) => language === asked.get('language')) ?? 'en',
    theme: asked.get('theme') === 'dark' ? 'dark' : 'light',
  })
  return (
    <Application setting={setting}>
      <Gallery
        setting={setting}
        onChange={({ language, theme }) => {
          setSetting({ language, theme: theme === 'dark' ? 'dark' : 'light' })
        }}
      />
    </Application>
  )
}

openRoot(<Page />)
layWatermark(() => 'A-104 · WS-3 · 20:41')
