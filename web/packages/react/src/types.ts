/** The four words of `GET /api/status/{jobId}`. */
export type JobStatus = 'pending' | 'processing' | 'completed' | 'failed'

export type JobStage = 'validating' | 'generating' | 'storing' | 'watermarking' | 'complete' | 'failed'

/** The body of `GET /api/status/{jobId}`. A failed job is a good answer: HTTP 200 with `status: 'failed'`. */
export interface StatusResponse {
  success: boolean
  status: JobStatus
  stage: JobStage | null
  /** Percent, 0 to 100. A failure keeps the last value. */
  progress: number
  resultId: string | null
  updatedAt: string
  errorMessage?: string
  generationStatus?: string
  modelStatus?: string
  failedStage?: string | null
  attempt?: number
  queuePosition?: number | null
  costUsd?: number
}

/** What a job looks like after an event: enough to draw it without reading it. */
export interface JobSnapshot {
  status: 'draft' | 'pending' | 'processing' | 'waiting' | 'completed' | 'failed' | 'canceled'
  stage: string | null
  progress: number
  attempt: number
  failed_stage: string | null
  waiting_for: string | null
  result_id: string | null
  error: { code: string; message: string; hint: string } | null
}

/** One line of a job's event log. `seq` rises by one from event to event. */
export interface JobEvent {
  job_id: string
  seq: number
  type: string
  at: string
  data: JobSnapshot & Record<string, unknown>
}

/** `application/problem+json`. */
export interface Problem {
  type?: string
  title: string
  status: number
  code: string
  detail: string
  hint: string
}
