import css from './watermark.module.css'

/**
 * Lays the watermark over the whole page: person code, workstation and minute, as the server draws
 * them at `address`. Who takes the layer away or changes it finds it back at once. This deters and
 * traces; it stops nobody who commands the browser (docs/decisions/0081).
 * Returns the function that ends it.
 */
export function layWatermark(address: string): () => void {
  const make = () => {
    const layer = document.createElement('div')
    layer.className = css['watermark'] ?? ''
    layer.setAttribute('aria-hidden', 'true')
    layer.style.backgroundImage = `url("${encodeURI(address)}")`
    return layer
  }
  let layer = make()
  const watch = new MutationObserver((changes) => {
    const untouched = layer.isConnected && changes.every(({ type }) => type === 'childList')
    if (untouched) return
    watch.disconnect()
    layer.remove()
    layer = make()
    lay()
  })
  const lay = () => {
    document.body.append(layer)
    watch.observe(document.body, { childList: true })
    watch.observe(layer, { attributes: true })
  }
  lay()
  return () => {
    watch.disconnect()
    layer.remove()
  }
}
