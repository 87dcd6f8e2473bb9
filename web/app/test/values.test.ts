import { expect, test } from 'vitest'

import type { Pipeline } from '@/api/types'
import { settingsOf } from '@/features/new/values'

const pipeline = {
  settings: {
    quality: { type: 'choice', title: 'Quality', values: ['fast', 'full'], default: 'full' },
    dimensions: { type: 'dimensions', title: 'Size', units: ['mm', 'cm'] },
    mesher: { type: 'engine', title: 'Engine', capability: 'mesher' },
  },
} as unknown as Pipeline

test('sends what was filled in, and nothing that the recipe does not know', () => {
  expect(settingsOf(pipeline, {})).toEqual({})
  expect(settingsOf(pipeline, { quality: 'fast', mesher: '', colour: 'red' })).toEqual({ quality: 'fast' })
})

test('makes a size of its fields', () => {
  expect(settingsOf(pipeline, { 'dimensions.height': '80.5', 'dimensions.width': '' })).toEqual({
    dimensions: { height: 80.5, unit: 'cm' },
  })
  expect(settingsOf(pipeline, { 'dimensions.depth': '3', 'dimensions.unit': 'mm' })).toEqual({ dimensions: { depth: 3, unit: 'mm' } })
  expect(settingsOf(pipeline, { 'dimensions.unit': 'mm' })).toEqual({})
})
