import { afterEach, expect, test, vi } from 'vitest'

import { formatAgo, formatBytes, formatDuration } from '@/i18n/format'
import { en } from '@/i18n/en'
import { t, word } from '@/i18n/t'
import { notesOf } from '@/features/job/notes'
import { profilesOf } from '@/features/job/rules'

afterEach(() => vi.useRealTimers())

test('texts take values and never lose a place for one silently', () => {
  expect(t('new.sides', { count: 2, max: 4 })).toBe('2 of 4 sides. More sides, better shape.')
  expect(t('new.sides', { count: 2 })).toContain('{max}')
  for (const text of Object.values(en)) expect(text.trim()).not.toBe('')
})

test('a word that the table lacks is shown as it is, readable', () => {
  expect(word('view', 'left')).toBe('Left')
  expect(word('view', 'three_quarter')).toBe('Three quarter')
})

test.each([
  [900, '900 B'],
  [65_600, '66 kB'],
  [1_358_320, '1.4 MB'],
  [50_000_000, '50 MB'],
])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

test.each([
  [351, '351 ms'],
  [2_540, '2.5 s'],
  [59_700, '1 min 0 s'],
  [3_725_000, '1 h 2 min'],
])('%i ms are %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

test('ages are rough, and a clock ahead of ours is no future', () => {
  const now = Date.parse('2026-01-02T12:00:00Z')
  expect(formatAgo('2026-01-02T11:57:10Z', now)).toBe('2 minutes ago')
  expect(formatAgo('2026-01-01T11:00:00Z', now)).toBe('yesterday')
  expect(formatAgo('2026-01-02T12:00:09Z', now)).toBe('just now')
})

test('reads the profiles of a report', () => {
  const rule = { rule: 'uv_range', file: 'lod0', measured: [0, 1], limit: [0, 1], test: 'within', status: 'fixed', required: true }
  const profile = { profile: 'store', title: 'Shop-ready model', source: 'x', pass: true, rules: [rule, { rule: 'draws' }] }
  expect(profilesOf({ pipeline: 'x', report: { accepted: ['store'], refused: [], profiles: [profile] } })).toEqual([
    {
      name: 'store',
      title: 'Shop-ready model',
      passed: true,
      rules: [
        { file: 'lod0', name: 'uv_range', measured: [0, 1], limit: [0, 1], verdict: 'fixed' },
        { file: 'undefined', name: 'draws', measured: undefined, limit: undefined, verdict: 'fail' },
      ],
    },
  ])
  expect(profilesOf({ report: 'none' })).toEqual([])
  expect(profilesOf({})).toEqual([])
})

test('reads what a report says of the model and of its photos', () => {
  const note = { code: 'x', severity: 'note', message: 'It is dark.', hint: 'Use light.' }
  const model = { role: 'model', flags: ['single_view'], notes: [note] }
  const photos = [{ view: 'left', notes: [note] }, { view: null, notes: [{ ...note, hint: '' }] }]
  const report = { quality: [model, { role: 'cutout', flags: ['y'], notes: [note] }], photo_checks: { photos, sets: [note] } }
  expect(notesOf(report)).toEqual(['It is dark. Use light.', 'Left: It is dark. Use light.', 'Photo 2: It is dark.'])
  expect(notesOf({ quality: [{ role: 'model', flags: ['single_view'] }] })).toEqual(['Single view'])
  expect(notesOf({})).toEqual([])
})
