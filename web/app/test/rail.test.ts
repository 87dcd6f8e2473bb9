import { expect, test } from 'vitest'

import type { Job, Pipeline, Stage, Task } from '@/api/types'
import { elapsedOf, railOf } from '@/features/job/rail'

const STAGES: Stage[] = ['uploading', 'generating', 'storing', 'complete']
const START = Date.parse('2026-01-01T00:00:00Z')

const pipeline = {
  stages: STAGES.map((stage) => ({ stage, label: `L ${stage}`, icon: 'box', start: 0, end: 0, timeout_s: null })),
} as unknown as Pipeline

const job = (changes: Partial<Job>): Job =>
  ({ status: 'processing', stage: 'generating', failed_stage: null, progress: 30, attempt: 1, ...changes }) as Job

const task = (stage: Stage, changes: Partial<Task> = {}): Task =>
  ({ stage, attempt: 1, number: 1, started_at: '2026-01-01T00:00:00Z', ended_at: '2026-01-01T00:00:02Z', duration_ms: 2000, reused: false, saved_ms: 0, engine: null, error: null, ...changes }) as Task

const marks = (one: Job, tasks: Task[] = []) => railOf(pipeline, one, tasks, START).map(({ mark }) => mark)

test.each([
  [{ status: 'pending', stage: null }, ['queued', 'todo', 'todo', 'todo']],
  [{}, ['done', 'active', 'todo', 'todo']],
  [{ status: 'waiting', waiting_for: 'input' }, ['done', 'held', 'todo', 'todo']],
  [{ status: 'failed', failed_stage: 'generating' }, ['done', 'failed', 'todo', 'todo']],
  [{ status: 'canceled', stage: 'storing', failed_stage: 'storing' }, ['done', 'done', 'stopped', 'todo']],
  [{ status: 'completed', stage: 'complete' }, ['done', 'done', 'done', 'done']],
] as [Partial<Job>, string[]][])('%o', (changes, expected) => expect(marks(job(changes))).toEqual(expected))

test('labels and order are the server’s', () => {
  expect(railOf(pipeline, job({}), [], START).map(({ label }) => label)).toEqual(STAGES.map((stage) => `L ${stage}`))
})

test('the latest try of a stage counts, and a running one grows', () => {
  const tasks = [
    task('uploading'),
    task('uploading', { attempt: 2, reused: true, saved_ms: 1900, duration_ms: 3 }),
    task('generating', { attempt: 2, ended_at: null, duration_ms: 0, started_at: '2026-01-01T00:00:10Z' }),
  ]
  const [first, second, third] = railOf(pipeline, job({ attempt: 2 }), tasks, START + 14_000)
  expect(first).toMatchObject({ reused: true, savedMs: 1900 })
  expect(second).toMatchObject({ mark: 'active', duration: 4000, reused: false })
  expect(third).toMatchObject({ mark: 'todo', duration: null })
  expect(elapsedOf(tasks, START + 14_000)).toBe(2000 + 4000)
})

test('only what a broken job has reached can be run again', () => {
  const restartable = (one: Job) => railOf(pipeline, one, [], START).map((item) => item.restartable)
  expect(restartable(job({ status: 'failed', failed_stage: 'generating' }))).toEqual([true, true, false, false])
  expect(restartable(job({}))).toEqual([false, false, false, false])
})
