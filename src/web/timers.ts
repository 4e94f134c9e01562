import type { Timers } from './bench/core/session.ts'

/** The browser's own clock. */
export const timers: Timers = {
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds)
    return () => {
      clearTimeout(timer)
    }
  },
}
