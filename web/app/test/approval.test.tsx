import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import type { Job } from '@/api/types'
import { Approval } from '@/features/job/Approval'
import { moved } from '@/features/job/BoxPicker'
import { ToastProvider } from '@/ui/Toasts'

const photo = (view: string, more: object = {}) => ({
  asset_id: `ast_${view}`, name: `chair-${view}`, view, guessed: false, photo_url: `/photo/${view}`, cutout_id: `cut_${view}`,
  cutout_url: `/cut/${view}`, mask_url: null, score: 0.9, flags: [], notes: [], state: 'open', by: '', at: null, error: null, ...more,
})

const LOST = { cutout_id: null, cutout_url: null, score: null, error: { code: 'no_subject', message: 'Nothing was found', hint: 'Draw a box.', retryable: false } }

const UNCERTAIN = [{ code: 'uncertain', severity: 'warning', message: 'The cut-out is uncertain.', hint: 'Look at it; a box or some clicks mend it.' }]

const REVIEW = {
  job_id: 'job_1',
  seq: 7,
  rule: 'manual',
  is_open: true,
  photos: [photo('front'), photo('left', { guessed: true, score: 0.4, flags: ['uncertain'], notes: UNCERTAIN }), photo('back', LOST)],
  left_out: [],
  selection: { chosen: [], left_out: [{ asset_id: 'ast_x', name: 'IMG_7', reason: 'near_duplicate', sentence: 'It shows the same as chair-front.', score: 0.5 }] },
}

let posted: { path: string; body: unknown }[] = []

beforeEach(() => {
  posted = []
  vi.stubGlobal('fetch', async (input: RequestInfo, init?: RequestInit) => {
    const request = new Request(typeof input === 'string' ? new URL(input, 'http://localhost:3000') : input, init)
    if (request.method === 'GET') return Response.json(REVIEW)
    posted.push({ path: new URL(request.url).pathname, body: await request.json() })
    return Response.json({ id: 'job_1', status: 'processing', seq: 8 }, { status: 202 })
  })
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

async function open(): Promise<void> {
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <ToastProvider>
        <Approval job={{ id: 'job_1', seq: 7 } as Job} />
      </ToastProvider>
    </QueryClientProvider>,
  )
  await screen.findByRole('heading', { name: 'Are these cut-outs good?' })
}

const radio = (name: string, index: number) => screen.getAllByRole('radio', { name })[index] as HTMLInputElement

test('one word approves what is good, leaves out what failed, and says what the person saw', async () => {
  await open()
  expect(radio('Use it', 2).disabled).toBe(true)
  expect(screen.getByText('Nothing was found. Draw a box.')).toBeTruthy()
  expect(screen.getByText(/It shows the same as chair-front/)).toBeTruthy()
  fireEvent.change(screen.getAllByLabelText('Side')[1] as HTMLElement, { target: { value: 'right' } })
  fireEvent.click(screen.getByRole('button', { name: 'Approve and go on' }))
  await waitFor(() => expect(posted).toHaveLength(1))
  expect(posted[0]).toEqual({
    path: '/api/v1/jobs/job_1/approve',
    body: {
      seq: 7,
      photos: [
        { asset_id: 'ast_front', verdict: 'approve' },
        { asset_id: 'ast_left', verdict: 'approve', view: 'right' },
        { asset_id: 'ast_back', verdict: 'reject', reason: '' },
      ],
    },
  })
})

test('what a flag means is said in a sentence', async () => {
  await open()
  expect(screen.getByText('The cut-out is uncertain. Look at it; a box or some clicks mend it.')).toBeTruthy()
})

test('a photo is left out with the reason, and not the last one', async () => {
  await open()
  fireEvent.click(radio('Leave it out', 0))
  fireEvent.change(screen.getAllByLabelText('Why?')[0] as HTMLElement, { target: { value: ' Scratched ' } })
  fireEvent.click(radio('Leave it out', 1))
  const go = screen.getByRole('button', { name: 'Approve and go on' }) as HTMLButtonElement
  expect(go.disabled).toBe(true)
  fireEvent.click(radio('Use it', 1))
  fireEvent.click(go)
  await waitFor(() => expect(posted).toHaveLength(1))
  expect((posted[0]?.body as { photos: unknown[] }).photos[0]).toEqual({ asset_id: 'ast_front', verdict: 'reject', reason: 'Scratched' })
})

test('cutting out again wants a box first', async () => {
  await open()
  fireEvent.click(radio('Cut out again', 1))
  expect((screen.getByRole('button', { name: 'Cut out again' }) as HTMLButtonElement).disabled).toBe(true)
  expect(screen.getByRole('application', { name: /Draw a box around the object: Left/ }).tabIndex).toBe(0)
})

test('arrow keys begin a box, move it and change its size, and never leave the picture', () => {
  const begun = moved(null, [1, 0], false, 100, 200)
  expect(begun).toEqual([10, 20, 80, 160])
  expect(moved(begun, [1, 0], false, 100, 200)[0]).toBe(12)
  expect(moved(begun, [0, -1], true, 100, 200)[3]).toBe(156)
  expect(moved([20, 40, 80, 160], [1, 1], false, 100, 200)).toEqual([20, 40, 80, 160])
  expect(moved([0, 0, 100, 200], [1, 1], true, 100, 200)).toEqual([0, 0, 100, 200])
})
