/** One message of a server-sent event stream. */
export interface Message {
  event: string
  data: string
  id: string | null
}

/**
 * Reads the messages of an event stream (WHATWG HTML, section 9.2.6). `EventSource` would do it for us, but it
 * cannot send a header, and a token does not belong into a URL.
 */
export async function* readMessages(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      rest += decoder.decode(value, { stream: true })
      // a carriage return at the very end may be half of a CRLF
      const usable = rest.endsWith('\r') ? rest.slice(0, -1) : rest
      const blocks = usable.replace(/\r\n?/g, '\n').split('\n\n')
      rest = (blocks.pop() ?? '') + rest.slice(usable.length)
      for (const block of blocks) {
        const message = parse(block)
        if (message) yield message
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined) // the stream may have failed already
  }
}

function parse(block: string): Message | null {
  const message: Message = { event: 'message', data: '', id: null }
  const data: string[] = []
  let said = false
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon === 0) continue // a comment
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') data.push(value)
    else if (field === 'event') message.event = value
    else if (field === 'id') message.id = value
    else continue
    said = true
  }
  message.data = data.join('\n')
  return said ? message : null
}
