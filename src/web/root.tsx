import { CSPProvider } from '@base-ui/react/csp-provider'
import { DirectionProvider } from '@base-ui/react/direction-provider'
import { useEffect, useState, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import './kit/base.css'
import { applySetting, type Setting } from './kit/setting.ts'
import { Toasts } from './kit/toast.tsx'
import { directionOf, Speak } from './kit/words.tsx'
import { loadMessages, type Language, type Messages } from './locales/messages.gen.ts'

interface ApplicationProps {
  readonly setting: Setting & { readonly language: Language }
  readonly children: ReactNode
}

/**
 * What stands around every page: the person's language, direction and theme, told things, and the
 * kit's promise to write no style element. Shows nothing until the language is there.
 */
export function Application({ setting, children }: ApplicationProps) {
  const [spoken, setSpoken] = useState<{ language: Language; messages: Messages } | null>(null)
  useEffect(() => {
    let current = true
    void loadMessages[setting.language]().then((messages) => {
      if (current) setSpoken({ language: setting.language, messages })
    })
    return () => {
      current = false
    }
  }, [setting.language])
  useEffect(() => {
    if (spoken !== null) applySetting({ language: spoken.language, theme: setting.theme })
  }, [spoken, setting.theme])
  if (spoken === null) return null
  return (
    <CSPProvider disableStyleElements>
      <DirectionProvider direction={directionOf(spoken.language)}>
        <Speak {...spoken}>
          <Toasts>{children}</Toasts>
        </Speak>
      </DirectionProvider>
    </CSPProvider>
  )
}

/** Starts React on the page's one element. */
export function openRoot(page: ReactNode): void {
  const element = document.getElementById('root')
  if (element === null) throw new Error('index.html has no #root')
  createRoot(element).render(page)
}
