/** One server-sent event. */
export interface SseMessage {
  id?: string
  type: string
  data: string
}

/**
 * Cuts a stream of text into events (HTML standard, "server-sent events"); a piece may end anywhere.
 * Comments and fields that are not known are left out, and so are events without data.
 */
export const createSseParser = (): ((text: string) => SseMessage[]) => {
  let rest = ''
  return text => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop()!
    return blocks.flatMap(readBlock)
  }
}

const readBlock = (block: string): SseMessage[] => {
  let id: string | undefined
  let type = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const value = line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    const field = line.slice(0, colon)
    if (field === 'id') id = value
    else if (field === 'event') type = value
    else if (field === 'data') data.push(value)
  }
  if (data.length === 0) return []
  return [{ ...(id !== undefined && { id }), type, data: data.join('\n') }]
}
