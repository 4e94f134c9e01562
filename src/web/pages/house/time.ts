import { useMemo } from 'react'
import { useLanguage } from '../../kit/words.tsx'

/** Moments from the server in the person's language and the workstation's time zone. */
export function useTime(): {
  readonly full: (at: string) => string
  readonly clock: (at: string) => string
} {
  const language = useLanguage()
  return useMemo(() => {
    const full = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' })
    const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' })
    return {
      full: (at) => full.format(new Date(at)),
      clock: (at) => clock.format(new Date(at)),
    }
  }, [language])
}
