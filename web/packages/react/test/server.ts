import { QueryClient } from '@tanstack/react-query'

import type { JobEvent, StatusResponse } from '../src/index.js'

/** The transport in memory: what the page asked, and what it is answered. */
export class Wire {
  readonly asked: { path: string; headers: Headers }[] = []
  readonly streams: Stream[] = []
  streamsWork = true
  status: (() => Response | Promise<Response>) | null = null

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const path = String(input)
    this.asked.push({ path, headers: new Headers(init?.headers) })
    if (path.endsWith('/events')) {
      if (!this.streamsWork) throw new TypeError('network is down')
      const stream = new Stream(init?.signal)
      this.streams.push(stream)
      return stream.response
    }
    if (!this.status) throw new TypeError('network is down')
    return this.status()
  }

  get polls(): number {
    return this.asked.filter(({ path }) => path.startsWith('/api/status/')).length
  }
}

export class Stream {
  readonly response: Response
  private controller!: ReadableStreamDefaultController<Uint8Array>
  closed = false

  constructor(signal: AbortSignal | null | undefined) {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.controller = controller) })
    this.response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
    signal?.addEventListener('abort', () => {
      if (this.closed) return
      this.closed = true
      this.controller.error(new DOMException('aborted', 'AbortError'))
    })
  }

  send(text: string): void {
    this.controller.enqueue(new TextEncoder().encode(text))
  }

  event(seq: number, type: string): void {
    const event = { job_id: 'j1', seq, type, at: '2026-01-01T00:00:00Z', data: { progress: seq } } as unknown as JobEvent
    this.send(`id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify(event)}\n\n`)
  }

  end(): void {
    this.closed = true
    this.controller.close()
  }
}

export const answer = (body: Partial<StatusResponse>): Response =>
  Response.json({
    success: true,
    status: 'processing',
    stage: 'generating',
    progress: 45,
    resultId: null,
    updatedAt: '2026-01-01T00:00:00Z',
    ...body,
  })

export const quickQueries = (): QueryClient => new QueryClient({ defaultOptions: { queries: { retryDelay: 10 } } })
