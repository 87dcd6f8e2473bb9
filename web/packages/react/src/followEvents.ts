import { MaquetteError, type MaquetteClient } from './client.js'
import { readMessages } from './sse.js'
import type { JobEvent } from './types.js'

/** `open`: events arrive. `polling`: they do not for now, so ask. `ended`: the server has said all there is. */
export type StreamState = 'connecting' | 'open' | 'polling' | 'ended'

export interface FollowOptions {
  /** Start after this event; null replays from the first. */
  since: number | null
  onEvent: (event: JobEvent) => void
  onState: (state: StreamState) => void
  /** Give a stream up after this silence. The server sends a ping every 15 s, so 40 s is two missed ones. */
  silenceMs?: number
  /** The wait before the first reconnect; it doubles up to 30 s. */
  retryMs?: number
}

const LAST = new Set(['job.completed', 'job.failed', 'job.canceled'])
const LONGEST_WAIT_MS = 30_000

/** Follows a job's events until they end or `signal` aborts, reconnecting after the last event seen. */
export async function followEvents(
  client: MaquetteClient,
  jobId: string,
  signal: AbortSignal,
  { since, onEvent, onState, silenceMs = 40_000, retryMs = 1_000 }: FollowOptions,
): Promise<void> {
  let last = since
  let type = ''
  let wait = retryMs
  onState('connecting')
  while (!signal.aborted) {
    const round = new AbortController()
    const stop = () => round.abort()
    signal.addEventListener('abort', stop)
    let watchdog = setTimeout(stop, silenceMs)
    try {
      const response = await client.openEvents(jobId, last, round.signal)
      if (response.status === 204) return onState('ended') // nothing will come after `last`
      if (!response.body) throw new MaquetteError({ status: 0, code: 'no_stream' })
      onState('open')
      for await (const message of readMessages(response.body)) {
        clearTimeout(watchdog)
        watchdog = setTimeout(stop, silenceMs)
        wait = retryMs
        if (message.event === 'ping' || !message.data) continue
        const event = JSON.parse(message.data) as JobEvent
        if (last !== null && event.seq <= last) continue
        last = event.seq
        type = event.type
        onEvent(event)
      }
      if (LAST.has(type)) return onState('ended')
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof MaquetteError && !error.retryable) return onState('polling')
    } finally {
      clearTimeout(watchdog)
      signal.removeEventListener('abort', stop)
      round.abort()
    }
    if (signal.aborted) return
    onState('polling')
    await pause(wait, signal)
    wait = Math.min(wait * 2, LONGEST_WAIT_MS)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
