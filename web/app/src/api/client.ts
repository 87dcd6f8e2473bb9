import { MaquetteError, type Problem } from '@maquette/react'
import createFetch from 'openapi-fetch'

import type { paths } from './schema'

/** The typed API of the server that this page came from. */
export const api = createFetch<paths>({ fetch: (request) => globalThis.fetch(request) })

type Outcome<T> = { data?: T | undefined; error?: unknown; response: Response }

/** The data of an answer; throws a `MaquetteError` for a refusal and when the server does not answer. */
export async function take<T>(outcome: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await outcome.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new MaquetteError({ status: 0, code: 'server_unreachable' }, { cause })
  })
  if (data !== undefined && response.ok) return data
  throw refusal(response.status, error)
}

/** An error from a problem+json body, or from whatever else came back. */
export function refusal(status: number, body: unknown): MaquetteError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>
  return new MaquetteError({ ...problem, status, code: problem.code ?? `http_${status}` })
}
