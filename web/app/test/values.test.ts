import { expect, test } from 'vitest'

import type { Pipeline } from '@/api/types'
import { settingsOf } from '@/features/new/values'

const pipeline = {
  settings: {
    quality: { type: 'choice', title: 'Quality', values: ['fast', 'full'], default: 'full' },
    dimensions: { type: 'dimensions', title: 'Size', units: ['mm', 'cm'] },
    margin: { type: 'count', title: 'Margin', low: 0, high: 40 },
    background: { type: 'ground', title: 'Background', default: 'transparent' },
    mesher: { type: 'engine', title: 'Engine', capability: 'mesher' },
  },
} as unknown as Pipeline

test('sends what was filled in, and nothing that the recipe does not know', () => {
  expect(settingsOf(pipeline, {})).toEqual({})
  expect(settingsOf(pipeline, { quality: 'fast', mesher: '', colour: 'red' })).toEqual({ quality: 'fast' })
})

test('sends a count as a number and a ground as it was written', () => {
  expect(settingsOf(pipeline, { margin: '0', background: '#fff' })).toEqual({ margin: 0, background: '#fff' })
  expect(settingsOf(pipeline, { margin: '', background: '' })).toEqual({})
})

test('makes a size of its fields', () => {
  expect(settingsOf(pipeline, { 'dimensions.height': '80.5', 'dimensions.width': '' })).toEqual({
    dimensions: { height: 80.5, unit: 'cm' },
  })
  expect(settingsOf(pipeline, { 'dimensions.depth': '3', 'dimensions.unit': 'mm' })).toEqual({ dimensions: { depth: 3, unit: 'mm' } })
  expect(settingsOf(pipeline, { 'dimensions.unit': 'mm' })).toEqual({})
})
