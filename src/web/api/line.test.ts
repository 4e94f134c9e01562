import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Timers } from '../bench/core/session.ts'
import { SignalLine, type Socket, type Word } from './line.ts'

/** A clock that a test turns by hand. */
class Clock implements Timers {
  #now = 0
  readonly #waiting = new Set<{ at: number; work: () => void }>()

  after(milliseconds: number, work: () => void): () => void {
    const entry = { at: this.#now + milliseconds, work }
    this.#waiting.add(entry)
    return () => {
      this.#waiting.delete(entry)
    }
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds
    for (const entry of [...this.#waiting].filter(({ at }) => at <= this.#now)) {
      this.#waiting.delete(entry)
      entry.work()
    }
  }
}

function line() {
  const clock = new Clock()
  const sockets: Socket[] = []
  const words: Word[] = []
  const made = new SignalLine(() => {
    const socket: Socket = { onmessage: null, onclose: null, close: () => undefined }
    sockets.push(socket)
    return socket
  }, clock)
  made.subscribe((word) => words.push(word))
  const say = (data: string) => sockets.at(-1)?.onmessage?.({ data })
  return { clock, sockets, words, line: made, say }
}

test('WEB9 a change is passed on at once, a sign of life is not', () => {
  const { words, say } = line()
  say('.')
  say('changed')
  say('.')
  assert.deepEqual(words, ['changed'])
})

test('WEB9 two seconds without a word are told, and so is the next word', () => {
  const { clock, words, say, line: made } = line()
  clock.pass(1900)
  say('.')
  clock.pass(1900)
  assert.deepEqual(words, [])
  clock.pass(100)
  assert.deepEqual(words, ['silent'])
  assert.ok(made.silent)
  say('.')
  assert.deepEqual(words, ['silent', 'heard'])
  assert.ok(!made.silent)
})

test('WEB9 a line that broke is opened again until it is closed', () => {
  const { clock, sockets, line: made } = line()
  sockets[0]?.onclose?.()
  clock.pass(300)
  assert.equal(sockets.length, 2)
  sockets[1]?.onclose?.()
  clock.pass(300)
  assert.equal(sockets.length, 2)
  clock.pass(300)
  assert.equal(sockets.length, 3)
  made.close()
  sockets[2]?.onclose?.()
  clock.pass(60_000)
  assert.equal(sockets.length, 3)
})
