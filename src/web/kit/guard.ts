const refused = ['copy', 'cut', 'paste', 'dragstart', 'drop', 'contextmenu'] as const

/**
 * Stops copying, pasting, dragging and the context menu below `element`. A deterrent; what only a
 * managed browser can prevent stands in docs/decisions/0081. Returns the function that ends it.
 */
export function blockCopying(element: Node): () => void {
  const refuse = (event: Event) => {
    event.preventDefault()
    event.stopImmediatePropagation()
  }
  for (const name of refused) element.addEventListener(name, refuse, true)
  return () => {
    for (const name of refused) element.removeEventListener(name, refuse, true)
  }
}
