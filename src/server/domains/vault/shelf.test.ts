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

/** The next turn of the event loop: whoever held a key has used it by then. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('VA78 an opened key is at hand for a minute, and is wiped when it leaves', async (t) => {
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
  await turn()
  assert.equal(a.wiped, 1, 'also when nobody asks for it again')
  shelf.put('b', b)
  later(60_000)
  const other = shelf.put('b', key())
  await turn()
  assert.equal(b.wiped, 1, 'one that is too old gives way to another opening')
  shelf.drop('b')
  assert.equal(shelf.take('b'), undefined)
  await turn()
  assert.equal(other.wiped, 1)
  shelf.put('0', key())
  for (let n = 1; n < 4000; n += 1) shelf.put(String(n), key())
  const last = shelf.take('3999')
  shelf.close()
  assert.equal(last?.wiped, 1)
})

test('VA84 no key is wiped in somebody’s hands', async () => {
  const shelf = openShelf<ReturnType<typeof key>>(() => new Date('2026-11-21T10:00:00Z'))
  const [held, newcomer] = [key(), key()]
  assert.equal(shelf.put('0', held), held)
  assert.equal(shelf.put('0', newcomer), held, 'the key that is there already is used')
  assert.equal(shelf.put('0', held), held)
  assert.deepEqual([held.wiped, newcomer.wiped], [0, 1])
  for (let n = 1; n <= 4000; n += 1) shelf.put(String(n), key())
  assert.equal(shelf.take('0'), undefined, 'no more than 4000 at once')
  await Promise.resolve()
  assert.equal(held.wiped, 0, 'whoever took it uses it first')
  await turn()
  assert.equal(held.wiped, 1)
  shelf.close()
})
