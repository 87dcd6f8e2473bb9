import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { JobPage } from '@/features/job/JobPage'
import { ToastProvider } from '@/ui/Toasts'

const PIPELINE = {
  name: 'photo_to_model',
  title: 'Photos to a 3D model',
  offered: true,
  result: 'model',
  max_photos: 4,
  views: ['front'],
  settings: {},
  stages: [
    { stage: 'validating', label: 'Checking photos', icon: 'shield-check', start: 10, end: 10, timeout_s: 1 },
    { stage: 'removing_background', label: 'Removing background', icon: 'scissors', start: 10, end: 25, timeout_s: 1 },
  ],
}

const FAILED = {
  id: 'job_1',
  pipeline: 'photo_to_model',
  status: 'failed',
  stage: 'removing_background',
  failed_stage: 'removing_background',
  progress: 10,
  attempt: 1,
  seq: 7,
  inputs: [],
  error: { code: 'no_subject', message: 'No object was found in the front photo.', hint: 'Use a plainer background.' },
  created_at: '2026-01-01T00:00:00Z',
}

const TASK = { stage: 'validating', attempt: 1, number: 1, started_at: '2026-01-01T00:00:00Z', ended_at: '2026-01-01T00:00:01Z', duration_ms: 1000, output_assets: [], reused: false }

let posted: { path: string; body: unknown }[] = []

const problem = (status: number, code: string) =>
  Response.json({ type: '', title: 'Not found', status, code, detail: 'Not found', hint: 'Check the id.' }, { status })

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (request.method === 'POST') {
    const text = await request.text()
    posted.push({ path: pathname, body: text ? (JSON.parse(text) as unknown) : null })
    return Response.json({ ...FAILED, status: 'pending', error: null, failed_stage: null, attempt: 2, seq: 8 }, { status: 202 })
  }
  if (pathname.endsWith('/pipelines')) return Response.json({ items: [PIPELINE], next_cursor: null })
  if (pathname.endsWith('/statuses')) return Response.json({ statuses: [], waiting_for: [] })
  if (pathname.endsWith('/tasks')) return Response.json({ items: [TASK], next_cursor: null })
  if (pathname.endsWith('/jobs/job_1')) return Response.json(posted.length ? { ...FAILED, status: 'pending', error: null, failed_stage: null, attempt: 2, seq: 8 } : FAILED)
  return problem(404, 'not_found')
}

beforeEach(() => {
  posted = []
  vi.stubGlobal('fetch', (input: RequestInfo, init?: RequestInit) => {
    const url = typeof input === 'string' ? new URL(input, 'http://localhost:3000') : input
    return answer(new Request(url, init))
  })
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function show(id: string) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={queries}>
      <ToastProvider>
        <JobPage id={id} />
      </ToastProvider>
    </QueryClientProvider>,
  )
}

test('a failure says what went wrong and what to do, and goes on from there', async () => {
  show('job_1')
  const alert = await screen.findByRole('alert')
  expect(alert.textContent).toContain('No object was found in the front photo.')
  expect(alert.textContent).toContain('Use a plainer background.')
  fireEvent.click(screen.getByRole('button', { name: 'Try again from: Removing background' }))
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull())
  expect(posted).toEqual([{ path: '/api/v1/jobs/job_1/retry', body: {} }])
})

test('a finished stage can be run again', async () => {
  show('job_1')
  fireEvent.click(await screen.findByRole('button', { name: 'Run again from here: Checking photos' }))
  await waitFor(() => expect(posted).toEqual([{ path: '/api/v1/jobs/job_1/retry', body: { from_stage: 'validating' } }]))
})

test('an unknown job is not done, it does not exist', async () => {
  show('job_2')
  expect(await screen.findByText('This job does not exist')).toBeDefined()
})
