import type { Job, JobError, Pipeline, PipelineStage, Stage, Task } from '@/api/types'

export type Mark = 'done' | 'active' | 'queued' | 'held' | 'failed' | 'stopped' | 'todo'

/** One stage of a job as the rail draws it. */
export interface RailItem {
  stage: Stage
  label: string
  icon: string
  mark: Mark
  /** Milliseconds that it took, or has taken so far; null before it ran. */
  duration: number | null
  reused: boolean
  savedMs: number
  engine: string | null
  error: JobError | null
  /** Whether a retry may start here. */
  restartable: boolean
}

/** Marks the pipeline's stages with how far the job has come. */
export function railOf(pipeline: Pipeline, job: Job, tasks: readonly Task[], now: number): RailItem[] {
  const at = job.status === 'completed' ? pipeline.stages.length : indexOf(pipeline, job.failed_stage ?? job.stage)
  const broken = job.status === 'failed' || job.status === 'canceled'
  return pipeline.stages.map((stage, index) => {
    const task = latest(tasks, stage.stage)
    const mark = index < at ? 'done' : index > at ? 'todo' : markOf(job)
    return { ...item(stage, task, mark, now), restartable: broken && index <= at }
  })
}

function item(stage: PipelineStage, task: Task | null, mark: Mark, now: number): Omit<RailItem, 'restartable'> {
  const ran = task !== null && mark !== 'todo'
  return {
    stage: stage.stage,
    label: stage.label,
    icon: stage.icon,
    mark,
    duration: ran ? durationOf(task, now) : null,
    reused: ran && task.reused,
    savedMs: task?.saved_ms ?? 0,
    engine: ran ? task.engine : null,
    error: mark === 'failed' ? (task?.error ?? null) : null,
  }
}

function markOf({ status }: Job): Mark {
  if (status === 'failed') return 'failed'
  if (status === 'canceled') return 'stopped'
  if (status === 'waiting') return 'held'
  return status === 'processing' ? 'active' : 'queued'
}

const indexOf = (pipeline: Pipeline, stage: string | null): number =>
  Math.max(0, pipeline.stages.findIndex((one) => one.stage === stage))

function latest(tasks: readonly Task[], stage: string): Task | null {
  const newer = (best: Task | null, task: Task) =>
    best === null || task.attempt > best.attempt || (task.attempt === best.attempt && task.number >= best.number) ? task : best
  return tasks.filter((task) => task.stage === stage).reduce(newer, null)
}

function durationOf({ started_at, ended_at, duration_ms }: Task, now: number): number {
  if (ended_at === null) return Math.max(0, now - Date.parse(started_at))
  // a try that was stopped has no duration of its own
  return duration_ms || Date.parse(ended_at) - Date.parse(started_at)
}

/** Working time over all attempts so far, in milliseconds: finished tasks, and the one that runs. */
export const elapsedOf = (tasks: readonly Task[], now: number): number =>
  tasks.filter(({ reused }) => !reused).reduce((sum, task) => sum + durationOf(task, now), 0)
