import { useMemo } from 'react'
import { useLanguage } from '../../kit/words.tsx'

/**
 * Moments from the server in the person's language and the workstation's time zone, by the
 * 24-hour clock of shifts and doors: `full` to the minute, `exact` to the second for what is held
 * against other records, `clock` the time alone, `span` a begin and an end with their day said once
 * where it is one. `day` reads a date without a time: 2027-06-30.
 */
export interface Time {
  readonly full: (at: string) => string
  readonly exact: (at: string) => string
  readonly clock: (at: string) => string
  readonly span: (from: string, to: string) => string
  readonly day: (date: string) => string
}

const date = { day: 'numeric', month: 'short', year: 'numeric' } as const
const minute = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const

export function useTime(): Time {
  const language = useLanguage()
  return useMemo(() => {
    const format = (options: Intl.DateTimeFormatOptions) => {
      const made = new Intl.DateTimeFormat(language, options)
      return (at: string) => made.format(new Date(at))
    }
    const ofMinute = new Intl.DateTimeFormat(language, { ...date, ...minute })
    return {
      full: format({ ...date, ...minute }),
      exact: format({ ...date, ...minute, second: '2-digit' }),
      clock: format(minute),
      span: (from, to) => ofMinute.formatRange(new Date(from), new Date(to)),
      // A date stands at midnight UTC; read anywhere else it could be the day before.
      day: format({ ...date, timeZone: 'UTC' }),
    }
  }, [language])
}
