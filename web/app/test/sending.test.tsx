import { MaquetteError } from '@maquette/react'
import { render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { uploadAsset } from '@/api/upload'
import type { Asset } from '@/api/types'
import { PhotoCard } from '@/features/new/PhotoCard'
import type { Photo } from '@/features/new/photos'
import { Sending } from '@/features/new/sending'
import type { Photos } from '@/features/new/usePhotos'

vi.mock('@/api/upload', () => ({ uploadAsset: vi.fn() }))
const upload = vi.mocked(uploadAsset)
beforeEach(() => {
  upload.mockReset()
})
afterEach(() => document.body.replaceChildren())

const note = { code: 'too_dark', severity: 'warning' as const, message: 'The photo is too dark.', hint: 'Use more light.' }
const photo = (id: string): Photo => ({
  id, file: new File(['x'], `${id}.jpg`), preview: 'blob:x', view: null, problem: null, sent: null, assetId: null, notes: [],
})
const asset = (id: string, notes: (typeof note)[] = []) =>
  ({ id, quality: { score: 0.6, flags: notes.map(({ code }) => code), notes } }) as unknown as Asset

test('a photo is sent once, and what the server says of it is kept', async () => {
  upload.mockResolvedValue(asset('ast_1', [note]))
  const change = vi.fn()
  const sending = new Sending()
  const [one, other] = await Promise.all([sending.send(photo('a'), change), sending.send(photo('a'), change)])
  expect([one, other]).toEqual(['ast_1', 'ast_1'])
  expect(upload).toHaveBeenCalledTimes(1)
  expect(change).toHaveBeenLastCalledWith('a', { sent: null, assetId: 'ast_1', notes: [note] })
})

test('two are under way at a time', async () => {
  const ends: (() => void)[] = []
  upload.mockImplementation(() => new Promise((resolve) => ends.push(() => resolve(asset('ast')))))
  const sending = new Sending()
  const sent = ['a', 'b', 'c'].map((id) => sending.send(photo(id), vi.fn()))
  await vi.waitFor(() => expect(ends).toHaveLength(2))
  ends[0]?.()
  await vi.waitFor(() => expect(ends).toHaveLength(3))
  ends.forEach((end) => end())
  expect(await Promise.all(sent)).toEqual(['ast', 'ast', 'ast'])
})

test('a photo that the server refuses says why; one that was cut off is sent again', async () => {
  upload.mockRejectedValueOnce(new MaquetteError({ status: 415, code: 'not_an_image', detail: 'Not a photo.', hint: 'Send JPEG.' }))
  const change = vi.fn()
  const sending = new Sending()
  expect(await sending.send(photo('a'), change)).toBeNull()
  expect(change).toHaveBeenLastCalledWith('a', { sent: null, problem: { message: 'Not a photo.', hint: 'Send JPEG.' } })
  upload.mockRejectedValueOnce(new MaquetteError({ status: 0, code: 'server_unreachable' }))
  await expect(sending.send(photo('b'), change)).rejects.toThrow()
  upload.mockResolvedValueOnce(asset('ast_2'))
  expect(await sending.send(photo('b'), change)).toBe('ast_2')
})

test('what nobody wants any more is not sent on', async () => {
  let signal: AbortSignal | undefined
  upload.mockImplementation((_file, _progress, given) => {
    signal = given
    return new Promise((_resolve, reject) => given.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))))
  })
  const sending = new Sending()
  const sent = sending.send(photo('a'), vi.fn())
  await vi.waitFor(() => expect(signal).toBeDefined())
  sending.keepOnly(new Set(['b']))
  await expect(sent).rejects.toThrow()
})

test('the card of a photo tells what is wrong with it', () => {
  const photos = { remove: vi.fn(), move: vi.fn() } as unknown as Photos
  render(<PhotoCard photo={{ ...photo('chair'), notes: [note] }} photos={photos} views={[]} busy={false} />)
  const told = screen.getByRole('list', { name: 'What the server says of chair.jpg' })
  expect(told.textContent).toBe('The photo is too dark. Use more light.')
})
