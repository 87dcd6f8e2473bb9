import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { Gate } from '@/features/access/Gate'
import { SignOut } from '@/features/access/SignOut'

const ME = { owner_id: 'own_1', is_admin: false, how: 'sign_in', key_required: true }
let signedIn: boolean
let required: boolean

const answer = (status: number, body?: unknown) =>
  new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
const refused = () => answer(401, { code: 'unauthorized', title: 'A valid key is needed', detail: 'This key opens nothing', hint: 'Ask.' })

beforeEach(() => {
  signedIn = false
  required = true
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/api/v1/me') {
      if (!required) return answer(200, { ...ME, how: 'nothing', key_required: false })
      return signedIn ? answer(200, ME) : refused()
    }
    if (request.method === 'DELETE') signedIn = false
    else if (((await request.json()) as { key: string }).key !== 'mq_good') return refused()
    else signedIn = true
    return signedIn ? answer(200, ME) : answer(204)
  })
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function show() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <Gate>
        <p>the page</p>
        <SignOut />
      </Gate>
    </QueryClientProvider>,
  )
}

async function enter(key: string) {
  fireEvent.change(await screen.findByLabelText('Your key'), { target: { value: key } })
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }))
}

test('a server that asks nobody shows its page, and nothing to sign out of', async () => {
  required = false
  show()
  await screen.findByText('the page')
  expect(screen.queryByRole('button', { name: 'Sign out' })).toBeNull()
})

test('a wrong key is told, a good one opens the page, signing out closes it', async () => {
  show()
  await enter('mq_bad')
  expect((await screen.findByRole('alert')).textContent).toContain('This key opens nothing')
  expect(screen.queryByText('the page')).toBeNull()
  await enter('mq_good')
  await screen.findByText('the page')
  fireEvent.click(screen.getByRole('button', { name: 'Sign out' }))
  await screen.findByLabelText('Your key')
  expect(screen.queryByText('the page')).toBeNull()
})
