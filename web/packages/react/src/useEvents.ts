import { useEffect, useRef, useState } from 'react'

import { followEvents, type StreamState } from './followEvents.js'
import { useMaquette } from './MaquetteProvider.js'
import type { JobEvent } from './types.js'

export interface UseEventsOptions {
  enabled?: boolean
  /** Start after this event; without it the log is replayed from the first event. */
  since?: number
  onEvent?: (event: JobEvent) => void
}

/**
 * Follows a job's events. Poll while the answer is not `open`. A hidden page lets go of its stream, since browsers
 * allow few connections to one host, and takes it up again, after the last event seen, when it is shown.
 */
export function useEvents(
  jobId: string | null,
  { enabled = true, since, onEvent }: UseEventsOptions = {},
): { state: StreamState; last: JobEvent | null } {
  const client = useMaquette()
  const visible = useVisible()
  const [state, setState] = useState<StreamState>('connecting')
  const [last, setLast] = useState<JobEvent | null>(null)
  const latest = useRef({ onEvent, since })
  const seen = useRef<{ jobId: string | null; seq: number | null }>({ jobId: null, seq: null })
  useEffect(() => {
    latest.current = { onEvent, since }
  })
  useEffect(() => {
    if (!jobId || !enabled) return
    if (!visible) return setState('polling')
    if (seen.current.jobId !== jobId) seen.current = { jobId, seq: latest.current.since ?? null }
    const stop = new AbortController()
    void followEvents(client, jobId, stop.signal, {
      since: seen.current.seq,
      onState: (next) => !stop.signal.aborted && setState(next),
      onEvent: (event) => {
        if (stop.signal.aborted) return
        seen.current.seq = event.seq
        setLast(event)
        latest.current.onEvent?.(event)
      },
    })
    return () => stop.abort()
  }, [client, jobId, enabled, visible])
  return { state, last: last?.job_id === jobId ? last : null }
}

function useVisible(): boolean {
  const [visible, setVisible] = useState(() => document.visibilityState !== 'hidden')
  useEffect(() => {
    const read = () => setVisible(document.visibilityState !== 'hidden')
    document.addEventListener('visibilitychange', read)
    return () => document.removeEventListener('visibilitychange', read)
  }, [])
  return visible
}
