import type { Readable } from 'openapi-typescript-helpers'

import type { components } from './schema'

/** As openapi-fetch answers them. */
type Schemas = Readable<components['schemas']>

export type Asset = Schemas['AssetOut']
export type JobError = Schemas['ErrorOut']
export type Job = Schemas['JobOut']
export type Pipeline = Schemas['PipelineOut']
export type PipelineStage = Schemas['StageOut']
export type Result = Schemas['ResultOut']
export type ChoiceSetting = Schemas['ChoiceOut']
export type EngineSetting = Schemas['EngineOut']
export type SizeSetting = Schemas['DimensionsOut']
export type Review = Schemas['ReviewOut']
export type Reviewed = Schemas['ReviewedOut']
export type Ruling = Schemas['PhotoRulingIn']
export type Stage = Schemas['Stage']
export type Task = Schemas['TaskOut']
export type Note = Schemas['NoteOut']
export type View = Schemas['View']

export type Status = Job['status']

const ENDED: readonly Status[] = ['completed', 'failed', 'canceled']

export const hasEnded = (status: Status): boolean => ENDED.includes(status)
