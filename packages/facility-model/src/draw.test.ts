import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { anySite, shippedSites, shippedText, siteOf } from '../../../test/support/sites.ts'
import { checkSite } from './check.ts'
import { drawSite } from './draw.ts'
import { placeByLibrary } from './elk-layout.ts'
import { exampleSite } from './examples.ts'
import { pillOf } from './labels.ts'
import { placeByCoordinates } from './layout.ts'
import { palette } from './palette.ts'

/** The words and the elements of a picture; fails where it is not well-formed XML. */
function read(svg: string): { words: string[]; elements: Set<string>; links: string[] } {
  const parser = new SaxesParser()
  const words: string[] = []
  const elements = new Set<string>()
  const links: string[] = []
  parser.on('error', (error) => {
    throw error
  })
  parser.on('text', (text) => words.push(text))
  parser.on('opentag', ({ name, attributes }) => {
    elements.add(name)
    for (const [key, value] of Object.entries(attributes))
      if (/href|^on|url\((?!#)/i.test(`${key}=${value}`)) links.push(`${key}=${value}`)
  })
  parser.write(svg).close()
  return { words, elements, links }
}

test('FM15 a drawing names every zone, portal and camera, and needs nothing from elsewhere', async () => {
  for (const name of shippedSites) {
    const site = siteOf(shippedText(name))
    const { words, elements, links } = read(await drawSite(site))
    const missing = [
      ...site.zones.map(({ title }) => title),
      ...site.portals.map((portal) => pillOf(portal).name),
      ...site.cameras.map((camera) => camera.name),
    ].filter((thing) => !words.includes(thing))
    assert.deepEqual(missing, [])
    assert.deepEqual(links, [])
    assert.ok(!elements.has('script') && !elements.has('image') && !elements.has('style'))
  }
})

test('FM15 no portal label of a shipped site covers another or leaves the plan', async () => {
  for (const name of shippedSites) {
    const site = siteOf(shippedText(name))
    const scaled = site.zones.some(({ at }) => at !== null)
    const layout = scaled ? placeByCoordinates(site) : await placeByLibrary(site)
    const boxes = layout.portals.map(({ portal, at }) => {
      const { width, height } = pillOf(portal)
      return {
        left: at.x - width / 2,
        right: at.x + width / 2,
        top: at.y - height / 2,
        bottom: at.y + height / 2,
      }
    })
    assert.equal(boxes.length, site.portals.length)
    for (const [index, one] of boxes.entries()) {
      assert.ok(one.left >= -1 && one.right <= layout.width + 1 && one.bottom <= layout.height + 30)
      for (const other of boxes.slice(index + 1))
        assert.ok(
          one.right <= other.left ||
            other.right <= one.left ||
            one.bottom <= other.top ||
            other.bottom <= one.top,
          name,
        )
    }
  }
})

test('FM15 what breaks a rule is drawn in red and said under the plan, and a sound site has no red', async () => {
  const site = siteOf(exampleSite('F8'))
  const findings = checkSite(site, { today: '2026-11-21' })
  const svg = await drawSite(site, findings)
  const way = /<path[^>]*stroke="#c4122f"[^>]*marker-end="url\(#to-broken\)"/
  assert.match(svg, way)
  assert.ok(read(svg).words.includes('F8'))
  const sound = await drawSite(siteOf(shippedText('demonstration')))
  assert.equal(sound.replace(/<defs>.*<\/defs>/, '').includes(palette.broken), false)
})

test('FM15 hostile titles stay words', async () => {
  const title = `</text><script>alert(1)</script> & "quotes" \u0007`
  const text = shippedText('demonstration').replace(
    'title: Lobby',
    `title: ${JSON.stringify(title)}`,
  )
  const { elements, words } = read(await drawSite(siteOf(text)))
  assert.ok(!elements.has('script'))
  assert.ok(words.some((line) => line.includes('</text><script>alert(1)</script> & "quotes"')))
})

test('FM15 a site of any shape is drawn', async () => {
  await fc.assert(
    fc.asyncProperty(anySite, async (site) => {
      const { words } = read(await drawSite(site))
      assert.ok(site.zones.every(({ title }) => words.includes(title)))
    }),
    { numRuns: 25 },
  )
})
