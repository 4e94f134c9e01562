import { directionOf } from './words.tsx'

export interface Setting {
  readonly language: string
  readonly theme: 'light' | 'dark' | 'system'
}

/**
 * Puts a person's language and theme on the document. Both come with the session from the server;
 * nothing about a person is kept in the browser.
 */
export function applySetting({ language, theme }: Setting): void {
  const root = document.documentElement
  root.lang = language
  root.dir = directionOf(language)
  const dark = window.matchMedia('(prefers-color-scheme: dark)').matches
  root.dataset['theme'] = theme === 'system' ? (dark ? 'dark' : 'light') : theme
}
