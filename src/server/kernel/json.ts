/**
 * Parses JSON out of confidential bytes. Its error holds nothing of them, where the engine's own quotes
 * the text, and errors end up in logs and in the queue of jobs.
 * @throws Error
 */
export function parseConfidential(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without a cause: that would be the error that quotes.
    throw new Error('What should be JSON is none.')
  }
}
