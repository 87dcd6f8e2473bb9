import type { components } from './schema'

type Schemas = components['schemas']

export type Asset = Schemas['Asset']
export type Engine = Schemas['Engine']
export type Job = Schemas['Job']
export type JobError = Schemas['JobError']
export type Limits = Schemas['Limits']
export type NewJob = Schemas['NewJob']
export type Pipeline = Schemas['Pipeline']
export type PipelineStage = Schemas['PipelineStage']
export type Result = Schemas['Result']
export type Setting = Schemas['Setting']
export type StatusLabel = Schemas['StatusLabel']
export type Task = Schemas['Task']

export type Status = Job['status']

const ENDED: readonly Status[] = ['completed', 'failed', 'canceled']

export const hasEnded = (status: Status): boolean => ENDED.includes(status)
