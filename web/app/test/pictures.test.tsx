import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import type { Asset, Pipeline } from '@/api/types'
import { MadePictures } from '@/features/job/Pictures'
import { lacksWords } from '@/features/new/values'

const asset = (id: string, role: string, derived_from: string[] = []) =>
  ({ id, role, derived_from, url: `/api/v1/assets/${id}/content` }) as unknown as Asset

test('shows each clean picture beside its own marked preview', () => {
  const pictures = [asset('ast_1', 'edit'), asset('ast_2', 'edit')]
  const previews = [asset('ast_4', 'preview', ['ast_2']), asset('ast_3', 'preview', ['ast_1'])]
  render(<MadePictures pictures={pictures} previews={previews} simulated={false} />)
  const sources = screen.getAllByRole('img').map((image) => image.getAttribute('src')?.split('/')[4])
  expect(sources).toEqual(['ast_1', 'ast_3', 'ast_2', 'ast_4'])
  expect(screen.queryByRole('note')).toBeNull()
})

test('says what is simulated', () => {
  render(<MadePictures pictures={[asset('ast_1', 'edit')]} previews={[]} simulated />)
  expect(screen.getByRole('note').textContent).toContain('Simulated')
})

test('a text that must be given is missed, blanks count for nothing', () => {
  const pipeline = {
    settings: {
      prompt: { type: 'words', title: 'Prompt', longest: 10, required: true, default: '' },
      style: { type: 'words', title: 'Style', longest: 10, required: false, default: '' },
    },
  } as unknown as Pipeline
  expect([{}, { prompt: ' ' }, { style: 'x' }, { prompt: 'x' }].map((values) => lacksWords(pipeline, values))).toEqual([true, true, true, false])
})
