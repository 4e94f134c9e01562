import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openShelf } from './shelf.ts'

const key = () => {
  const held = {
    wiped: 0,
    destroy() {
      held.wiped += 1
    },
  }
  return held
}

test('VA78 an opened key is at hand for a minute, and is wiped when it leaves', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let at = new Date('2026-11-21T10:00:00Z')
  const later = (ms: number) => {
    at = new Date(at.getTime() + ms)
  }
  const shelf = openShelf<ReturnType<typeof key>>(() => at)
  const [a, b] = [shelf.put('a', key()), key()]
  later(59_999)
  assert.equal(shelf.take('a'), a)
  later(1)
  assert.equal(shelf.take('a'), undefined)
  assert.equal(a.wiped, 0)
  t.mock.timers.tick(60_000)
  assert.equal(a.wiped, 1, 'also when nobody asks for it again')
  shelf.put('b', b)
  shelf.put('b', b)
  assert.equal(b.wiped, 0)
  const other = shelf.put('b', key())
  assert.equal(b.wiped, 1, 'another opening of the same key takes its place')
  shelf.drop('b')
  assert.equal(other.wiped, 1)
  assert.equal(shelf.take('b'), undefined)
  const first = shelf.put('0', key())
  for (let n = 1; n <= 4000; n += 1) shelf.put(String(n), key())
  assert.equal(first.wiped, 1, 'no more than 4000 at once')
  const last = shelf.take('4000')
  shelf.close()
  assert.equal(last?.wiped, 1)
})
