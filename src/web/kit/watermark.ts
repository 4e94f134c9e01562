import css from './watermark.module.css'

const everyMinute = 60_000
/** Distance between two copies of the words, in pixels of the page. */
const [across, down] = [340, 210]

/**
 * Lays the watermark over the whole page: `words` is asked anew each minute and says person code,
 * workstation and time. Who takes the layer away or changes it finds it back at once. This deters
 * and traces; it stops nobody who commands the browser (docs/decisions/0081).
 * Returns the function that ends it.
 */
export function layWatermark(words: () => string): () => void {
  let layer = drawn(words())
  const watch = new MutationObserver((changes) => {
    const untouched = layer.isConnected && changes.every(({ type }) => type === 'childList')
    if (!untouched) renew()
  })
  const lay = () => {
    document.body.append(layer)
    watch.observe(document.body, { childList: true })
    watch.observe(layer, { attributes: true })
  }
  const renew = () => {
    watch.disconnect()
    layer.remove()
    layer = drawn(words())
    lay()
  }
  lay()
  const timer = setInterval(renew, everyMinute)
  window.addEventListener('resize', renew)
  return () => {
    clearInterval(timer)
    window.removeEventListener('resize', renew)
    watch.disconnect()
    layer.remove()
  }
}

function drawn(words: string): HTMLElement {
  const layer = document.createElement('canvas')
  layer.className = css['watermark'] ?? ''
  layer.setAttribute('aria-hidden', 'true')
  layer.width = window.innerWidth
  layer.height = window.innerHeight
  const brush = layer.getContext('2d')
  if (brush === null) return layer
  brush.font = '17px sans-serif'
  brush.fillStyle = '#808890'
  for (let y = down / 2; y < layer.height + down; y += down)
    for (let x = -across / 4; x < layer.width + across; x += across) {
      brush.setTransform(1, 0, 0, 1, x, y)
      brush.rotate(-0.42)
      brush.fillText(words, 0, 0)
    }
  return layer
}
