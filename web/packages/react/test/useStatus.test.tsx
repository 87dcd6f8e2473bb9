import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { createClient, MaquetteProvider, useStatus, type UseStatusOptions } from '../src/index.js'
import { answer, quickQueries, Wire } from './server.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

// TanStack Query notifies through setTimeout(0), hence one millisecond more
const pass = (ms: number) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms)
    await vi.advanceTimersByTimeAsync(1)
  })

function follow(wire: Wire, options?: UseStatusOptions, jobId: string | null = 'j1', token: string | null = 't1') {
  const client = createClient({ fetch: wire.fetch, getToken: () => token })
  const queries = quickQueries()
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queries}>
      <MaquetteProvider client={client}>{children}</MaquetteProvider>
    </QueryClientProvider>
  )
  return renderHook(({ id }) => useStatus(id, options), { wrapper, initialProps: { id: jobId } }).result
}

test('sends the token and shows what the server says', async () => {
  const wire = new Wire()
  wire.status = () => answer({ progress: 45 })
  const result = follow(wire)
  expect(result.current).toMatchObject({ status: null, progress: 0, isLoading: true })
  await pass(0)
  expect(wire.asked[0]?.path).toBe('/api/status/j1')
  expect(wire.asked[0]?.headers.get('X-Session-Token')).toBe('t1')
  expect(result.current).toEqual({
    status: 'processing',
    stage: 'generating',
    progress: 45,
    resultId: null,
    isLoading: false,
    isComplete: false,
    isFailed: false,
    error: null,
  })
})

test('polls every 2.5 seconds until the job has completed', async () => {
  const wire = new Wire()
  wire.status = () => answer({})
  const result = follow(wire)
  await pass(0)
  await pass(2490)
  expect(wire.polls).toBe(1)
  await pass(20)
  expect(wire.polls).toBe(2)
  wire.status = () => answer({ status: 'completed', stage: 'complete', progress: 100, resultId: 'r1' })
  await pass(2500)
  expect(result.current).toMatchObject({ isComplete: true, resultId: 'r1', progress: 100 })
  await pass(60_000)
  expect(wire.polls).toBe(3)
})

test('stops at a failure and says why', async () => {
  const wire = new Wire()
  wire.status = () => answer({ status: 'failed', stage: 'failed', progress: 30, errorMessage: 'No object was found' })
  const result = follow(wire)
  await pass(60_000)
  expect(wire.polls).toBe(1)
  expect(result.current).toMatchObject({ isFailed: true, stage: 'failed', progress: 30 })
  expect(result.current.error?.message).toBe('No object was found')
})

test.each([
  [null, 't1'],
  ['j1', null],
])('asks nothing for job %s with token %s', async (jobId, token) => {
  const wire = new Wire()
  const result = follow(wire, { stream: true }, jobId, token)
  await pass(10_000)
  expect(wire.asked).toEqual([])
  expect(result.current).toMatchObject({ status: null, stage: null, progress: 0, isLoading: false, error: null })
})

test('an unknown job is asked for once', async () => {
  const wire = new Wire()
  wire.status = () => Response.json({ success: false, error: { code: 'NOT_FOUND' } }, { status: 404 })
  const result = follow(wire)
  await pass(60_000)
  expect(wire.polls).toBe(1)
  expect(result.current.error).toMatchObject({ status: 404, code: 'NOT_FOUND' })
})

test('keeps what it knew while the server is away, and goes on after', async () => {
  const wire = new Wire()
  wire.status = () => answer({ progress: 45 })
  const result = follow(wire)
  await pass(0)
  wire.status = null
  await pass(5_000)
  expect(result.current).toMatchObject({ status: 'processing', progress: 45 })
  expect(result.current.error).toMatchObject({ code: 'server_unreachable' })
  wire.status = () => answer({ progress: 60 })
  await pass(5_000)
  expect(result.current).toMatchObject({ progress: 60, error: null })
})

test('without stream it opens none', async () => {
  const wire = new Wire()
  wire.status = () => answer({})
  follow(wire)
  await pass(10_000)
  expect(wire.streams).toHaveLength(0)
})

test('with stream polling rests, events refresh, and the end closes both', async () => {
  const wire = new Wire()
  wire.status = () => answer({ progress: 30 })
  const result = follow(wire, { stream: true })
  await pass(20_000)
  expect(wire.polls).toBe(1)
  wire.status = () => answer({ progress: 52 })
  wire.streams[0]?.event(1, 'stage.progress')
  await pass(0)
  expect(wire.polls).toBe(2)
  expect(result.current.progress).toBe(52)
  wire.status = () => answer({ status: 'completed', stage: 'complete', progress: 100, resultId: 'r1' })
  wire.streams[0]?.event(2, 'job.completed')
  await pass(0)
  expect(result.current.isComplete).toBe(true)
  expect(wire.streams[0]?.closed).toBe(true)
  await pass(60_000)
  expect(wire.polls).toBe(3)
  expect(wire.streams).toHaveLength(1)
})

test('a broken stream falls back to polling and is resumed after the last event', async () => {
  const wire = new Wire()
  wire.status = () => answer({})
  follow(wire, { stream: true })
  await pass(0)
  wire.streams[0]?.event(7, 'stage.progress')
  await pass(0)
  wire.streams[0]?.end()
  wire.streamsWork = false
  const before = wire.polls
  await pass(1)
  await pass(5_100)
  expect(wire.polls).toBe(before + 2)
  wire.streamsWork = true
  await pass(4_000)
  await pass(1)
  expect(wire.streams).toHaveLength(2)
  expect(wire.asked.filter(({ path }) => path.endsWith('/events')).at(-1)?.headers.get('Last-Event-ID')).toBe('7')
  const rested = wire.polls
  await pass(20_000)
  expect(wire.polls).toBe(rested)
})
