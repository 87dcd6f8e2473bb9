import type { Problem, StatusResponse } from './types.js'

export interface ClientOptions {
  /** Where the server is, without a trailing slash; '' for the page's own host. */
  baseUrl?: string
  /** The session token that came with the job, or null when there is none. */
  getToken?: (jobId: string) => string | null
  fetch?: typeof globalThis.fetch
}

/** The server refused or could not be reached; `status` is 0 when there was no answer. */
export class MaquetteError extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string

  constructor(problem: Partial<Problem> & { status: number; code: string }, options?: ErrorOptions) {
    super(problem.detail || problem.title || problem.code, options)
    this.name = 'MaquetteError'
    this.status = problem.status
    this.code = problem.code
    this.hint = problem.hint ?? ''
  }

  /** Whether asking again may help: a client's mistake stays one. */
  get retryable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export interface MaquetteClient {
  token(jobId: string): string | null
  status(jobId: string, signal?: AbortSignal): Promise<StatusResponse>
  /** Opens the job's event stream after event number `since`. */
  openEvents(jobId: string, since: number | null, signal: AbortSignal): Promise<Response>
}

export function createClient({ baseUrl = '', getToken = () => null, fetch }: ClientOptions = {}): MaquetteClient {
  const send = fetch ?? ((...args: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...args))
  const headers = (jobId: string): Record<string, string> => {
    const token = getToken(jobId)
    return token ? { 'X-Session-Token': token } : {}
  }
  const get = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await send(baseUrl + path, init).catch((cause: unknown) => {
      if (init.signal?.aborted) throw cause
      throw new MaquetteError({ status: 0, code: 'server_unreachable', title: 'The server does not answer' }, { cause })
    })
    if (!response.ok) throw await refusal(response)
    return response
  }
  return {
    token: getToken,
    async status(jobId, signal) {
      const path = `/api/status/${encodeURIComponent(jobId)}`
      const response = await get(path, { headers: headers(jobId), ...(signal && { signal }) })
      return (await response.json()) as StatusResponse
    },
    openEvents(jobId, since, signal) {
      const path = `/api/v1/jobs/${encodeURIComponent(jobId)}/events`
      const resume = since === null ? {} : { 'Last-Event-ID': String(since) }
      return get(path, { headers: { Accept: 'text/event-stream', ...headers(jobId), ...resume }, cache: 'no-store', signal })
    },
  }
}

/** Reads both shapes of error: problem+json, and the status route's `{error: {code}}`. */
async function refusal(response: Response): Promise<MaquetteError> {
  const body = (await response.json().catch(() => ({}))) as Partial<Problem> & { error?: { code?: string } }
  const code = body.code ?? body.error?.code ?? `HTTP_${response.status}`
  return new MaquetteError({ ...body, status: response.status, code })
}
