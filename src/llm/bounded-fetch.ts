/** What is told of an answer beside its body. */
export interface Heard {
  status?: number
  retryAfter?: string | null
}

/**
 * `fetch` for servers that one does not know: it ends with the signal whoever asks, follows no
 * redirect (the question is for nobody else), and reads no endless answer.
 * @param most largest answer, bytes
 * @param heard is filled with what the answer says in front
 */
export const boundedFetch = (signal: AbortSignal, most: number, heard: Heard): typeof fetch => {
  const bounded = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { status, headers, body } = await fetch(input, { ...init, signal, redirect: 'error' })
    heard.status = status
    heard.retryAfter = headers.get('retry-after')
    const type = headers.get('content-type')
    return new Response(body?.pipeThrough(limit(most)) ?? null, {
      status,
      ...(type !== null && { headers: { 'content-type': type } }),
    })
  }
  return bounded as typeof fetch
}

const limit = (most: number): TransformStream<Uint8Array, Uint8Array> => {
  let size = 0
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.length
      if (size > most) controller.error(new RangeError(`the answer is larger than ${most} bytes`))
      else controller.enqueue(chunk)
    },
  })
}
