import { expect, test } from 'vitest'

import type { View } from '@/api/types'
import { checkFile } from '@/features/new/checkFile'
import { move, place, rearrange, viewInName, type Photo } from '@/features/new/photos'

const VIEWS: View[] = ['front', 'left', 'right', 'back']
const FOUR = { views: VIEWS, max: 4 }
const LIST = { views: [], max: 3 }

const photo = (name: string, view: View | null = null): Photo => ({
  id: name,
  file: new File(['x'], name, { type: 'image/jpeg' }),
  preview: '',
  view,
  problem: null,
  sent: null,
  assetId: null,
  notes: [],
})

const seats = (photos: readonly Photo[]) => Object.fromEntries(photos.map(({ id, view }) => [view, id]))

test.each([
  ['chair_left.jpg', 'left'],
  ['IMG-Front (2).png', 'front'],
  ['rear.jpeg', 'back'],
  ['hinten.jpg', 'back'],
  ['upfront.jpg', null],
  ['left-to-right.jpg', null],
  ['IMG_2041.HEIC', null],
])('%s shows %s', (name, view) => expect(viewInName(name, VIEWS)).toBe(view))

test('photos go where their names say, the others fill up in order', () => {
  const { photos, left } = place([], ['back.jpg', 'one.jpg', 'left.jpg', 'two.jpg'].map((name) => photo(name)), FOUR)
  expect(seats(photos)).toEqual({ front: 'one.jpg', left: 'left.jpg', right: 'two.jpg', back: 'back.jpg' })
  expect(left).toEqual([])
})

test('a taken place is not taken away, and what does not fit is told', () => {
  const there = [photo('a', 'front'), photo('b', 'left'), photo('c', 'right')]
  const { photos, left } = place(there, [photo('front.jpg'), photo('more.jpg')], FOUR)
  expect(seats(photos)).toEqual({ front: 'a', left: 'b', right: 'c', back: 'front.jpg' })
  expect(left.map(({ id }) => id)).toEqual(['more.jpg'])
})

test('moving swaps', () => {
  expect(seats(move([photo('a', 'front'), photo('b', 'left')], 'a', 'left'))).toEqual({ left: 'a', front: 'b' })
  expect(seats(move([photo('a', 'front')], 'a', 'back'))).toEqual({ back: 'a' })
})

test('another recipe keeps the photos that fit it', () => {
  const four = VIEWS.map((view) => photo(view, view))
  const list = rearrange(four, LIST)
  expect(list.photos.map(({ id, view }) => [id, view])).toEqual([['front', null], ['left', null], ['right', null]])
  expect(list.left.map(({ id }) => id)).toEqual(['back'])
  expect(seats(rearrange(four, FOUR).photos)).toEqual(seats(four))
})

test('a file is refused for its type, emptiness or size, with the limit named', () => {
  const file = (name: string, size: number, type = '') => new File([new Uint8Array(size)], name, { type })
  expect(checkFile(file('a.jpg', 10, 'image/jpeg'), 100)).toBeNull()
  expect(checkFile(file('a.HEIC', 10), 100)).toBeNull()
  expect(checkFile(file('a.gif', 10, 'image/gif'), 100)?.message).toMatch(/Not a photo/)
  expect(checkFile(file('a.txt', 10), 100)?.message).toMatch(/Not a photo/)
  expect(checkFile(file('a.png', 0, 'image/png'), 100)?.message).toMatch(/empty/)
  expect(checkFile(file('a.png', 2000, 'image/png'), 1500)).toEqual({ message: '2 kB is too large.', hint: 'At most 2 kB a photo.' })
})
