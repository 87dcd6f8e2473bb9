type Json<T> = { content: { 'application/json': T } }
type Fails = { content: { 'application/problem+json': components['schemas']['Problem'] } }
type Answers<T> = { 200: Json<T>; default: Fails }
type Nothing = { query?: never; header?: never; path?: never; cookie?: never }
type ById = { query?: never; header?: never; path: { id: string }; cookie?: never }
type Read<T, P = Nothing> = { get: { parameters: P; requestBody?: never; responses: Answers<T> } }
type Act<T, B = never> = {
  post: { parameters: ById; requestBody?: { content: { 'application/json': B } }; responses: Answers<T> }
}
type Listed<T> = { items: T[]; next_cursor: string | null }
type S = components['schemas']

export interface components {
  schemas: {
    Problem: { type: string; title: string; status: number; code: string; detail: string; hint: string }
    JobError: { code: string; message: string; hint: string; retryable: boolean }
    JobInput: { asset_id: string; view: string | null; box: number[] | null }
    Job: {
      id: string
      pipeline: string
      project_id: string | null
      status: 'draft' | 'pending' | 'processing' | 'waiting' | 'completed' | 'failed' | 'canceled'
      stage: string | null
      progress: number
      failed_stage: string | null
      error: S['JobError'] | null
      attempt: number
      waiting_for: string | null
      queue_position: number | null
      settings: { [key: string]: unknown }
      inputs: S['JobInput'][]
      hold_after: string[]
      parent_job_id: string | null
      result_id: string | null
      cost_usd: number
      seq: number
      is_test: boolean
      created_at: string
      updated_at: string
      started_at: string | null
      ended_at: string | null
      elapsed_ms: number
    }
    CreatedJob: S['Job'] & { session_token: string }
    NewJob: {
      pipeline: string
      inputs: { asset_id: string; view?: string | null }[]
      settings?: { [key: string]: unknown }
    }
    Asset: {
      id: string
      role: string
      view: string | null
      name: string
      media_type: string
      bytes: number
      width: number | null
      height: number | null
      stats: { [key: string]: unknown }
      quality: { score: number; flags: string[] } | null
      engine: string | null
      is_test: boolean
      url: string
      created_at: string
    }
    Result: {
      id: string
      job_id: string
      kind: string
      assets: { [key: string]: S['Asset'][] }
      report: { [key: string]: unknown }
      is_test: boolean
      created_at: string
    }
    Task: {
      id: string
      stage: string
      attempt: number
      number: number
      status: string
      engine: string | null
      engine_version: string | null
      reused: boolean
      saved_ms: number
      duration_ms: number
      error: S['JobError'] | null
      output_assets: string[]
      started_at: string
      ended_at: string | null
    }
    PipelineStage: { stage: string; label: string; icon: string; start: number; end: number; timeout_s: number | null }
    Setting: {
      type: 'choice' | 'engine'
      title: string
      values?: string[]
      default?: string
      capability?: string
    }
    Pipeline: {
      name: string
      title: string
      offered: boolean
      result: string
      max_photos: number
      views: string[]
      stages: S['PipelineStage'][]
      settings: { [key: string]: S['Setting'] }
    }
    Engine: {
      name: string
      capability: string
      title: string
      version: string
      ready: boolean
      message: string
      hint: string
      is_test: boolean
    }
    Limits: { photo_bytes: number }
    StatusLabel: { status: string; label: string; icon: string; moves: string[] }
    Statuses: { statuses: S['StatusLabel'][]; waiting_for: string[] }
  }
}

export interface paths {
  '/api/v1/pipelines': Read<Listed<S['Pipeline']>>
  '/api/v1/engines': Read<Listed<S['Engine']>>
  '/api/v1/limits': Read<S['Limits']>
  '/api/v1/statuses': Read<S['Statuses']>
  '/api/v1/jobs': Read<
    Listed<S['Job']>,
    { query?: { status?: string; cursor?: string; limit?: number }; header?: never; path?: never; cookie?: never }
  > & {
    post: {
      parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }
      requestBody: { content: { 'application/json': S['NewJob'] } }
      responses: { 202: Json<S['CreatedJob']>; default: Fails }
    }
  }
  '/api/v1/jobs/{id}': Read<S['Job'], ById>
  '/api/v1/jobs/{id}/tasks': Read<Listed<S['Task']>, ById>
  '/api/v1/jobs/{id}/cancel': Act<S['Job']>
  '/api/v1/jobs/{id}/resume': Act<S['Job']>
  '/api/v1/jobs/{id}/retry': Act<S['Job'], { from_stage?: string }>
  '/api/v1/assets/{id}': Read<S['Asset'], ById>
  '/api/v1/results/{id}': Read<S['Result'], ById>
}
