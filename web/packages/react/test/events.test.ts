import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { createClient, followEvents, type JobEvent, type StreamState } from '../src/index.js'
import { readMessages, type Message } from '../src/sse.js'
import { Wire } from './server.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

async function messagesOf(...chunks: Uint8Array[]): Promise<Message[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  const messages: Message[] = []
  for await (const message of readMessages(body)) messages.push(message)
  return messages
}

const bytes = (text: string) => new TextEncoder().encode(text)

test('reads ids, names, several data lines and comments', async () => {
  const text = ': hello\n\nid: 3\nevent: stage.started\ndata: {"a":\ndata:1}\n\nevent: ping\ndata\n\ndata: unfinished'
  expect(await messagesOf(bytes(text))).toEqual([
    { event: 'stage.started', data: '{"a":\n1}', id: '3' },
    { event: 'ping', data: '', id: null },
  ])
})

test.each(['\n', '\r\n', '\r'])('reads the same in any pieces, with line end %j', async (end) => {
  const whole = bytes(['id: 1', 'data: grün', '', 'id: 2', 'data: zwei', '', ''].join(end))
  for (let cut = 1; cut < whole.length; cut++) {
    const messages = await messagesOf(whole.slice(0, cut), whole.slice(cut))
    // a lone CR at the end stays unread, since an LF may follow it
    const expected = end === '\r' ? ['grün'] : ['grün', 'zwei']
    expect(messages.map(({ data }) => data)).toEqual(expected)
  }
})

function follow(wire: Wire, since: number | null = null) {
  const events: JobEvent[] = []
  const states: StreamState[] = []
  const stop = new AbortController()
  const done = followEvents(createClient({ fetch: wire.fetch }), 'j1', stop.signal, {
    since,
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state),
  })
  return { events, states, stop, done }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test('ends after the last event of a job and asks no more', async () => {
  const wire = new Wire()
  const { events, states, done } = follow(wire)
  await pass(0)
  wire.streams[0]?.event(1, 'job.created')
  wire.streams[0]?.event(2, 'job.completed')
  await pass(0)
  wire.streams[0]?.end()
  await done
  expect(events.map(({ seq }) => seq)).toEqual([1, 2])
  expect(states).toEqual(['connecting', 'open', 'ended'])
  expect(wire.streams).toHaveLength(1)
})

test('resumes after the last event seen and drops what it has seen', async () => {
  const wire = new Wire()
  const { events, stop } = follow(wire, 4)
  await pass(0)
  expect(wire.asked[0]?.headers.get('Last-Event-ID')).toBe('4')
  wire.streams[0]?.event(4, 'stage.progress')
  wire.streams[0]?.event(5, 'stage.progress')
  await pass(0)
  wire.streams[0]?.end()
  await pass(1_000)
  expect(wire.asked[1]?.headers.get('Last-Event-ID')).toBe('5')
  expect(events.map(({ seq }) => seq)).toEqual([5])
  stop.abort()
})

test('gives up a silent stream after two missed pings, not before', async () => {
  const wire = new Wire()
  const { states, stop } = follow(wire)
  await pass(39_000)
  wire.streams[0]?.send('event: ping\ndata: {}\n\n')
  await pass(39_000)
  expect(states).toEqual(['connecting', 'open'])
  await pass(1_500)
  expect(states.slice(2)).toEqual(['polling'])
  await pass(1_000)
  expect(wire.streams).toHaveLength(2)
  stop.abort()
})

test('an abort lets go of the stream at once', async () => {
  const wire = new Wire()
  const { stop, done } = follow(wire)
  await pass(0)
  stop.abort()
  await done
  expect(wire.streams[0]?.closed).toBe(true)
  await pass(60_000)
  expect(wire.streams).toHaveLength(1)
})

test('a refusal is final: the caller polls', async () => {
  const states: StreamState[] = []
  const asked = vi.fn(() => Promise.resolve(Response.json({ code: 'not_found', title: 'Not found' }, { status: 404 })))
  await followEvents(createClient({ fetch: asked }), 'j1', new AbortController().signal, {
    since: null,
    onEvent: () => undefined,
    onState: (state) => states.push(state),
  })
  expect(asked).toHaveBeenCalledTimes(1)
  expect(states).toEqual(['connecting', 'polling'])
})

test('a server that has nothing more to say is not asked again', async () => {
  const states: StreamState[] = []
  const asked = vi.fn(() => Promise.resolve(new Response(null, { status: 204 })))
  await followEvents(createClient({ fetch: asked }), 'j1', new AbortController().signal, {
    since: 9,
    onEvent: () => undefined,
    onState: (state) => states.push(state),
  })
  expect(asked).toHaveBeenCalledTimes(1)
  expect(states).toEqual(['connecting', 'ended'])
})
