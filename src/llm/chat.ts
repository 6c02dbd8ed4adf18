import type { chatCompletionStream } from '@huggingface/inference'
import { boundedFetch, type Heard } from './bounded-fetch.ts'
import { ChatFault } from './chat-fault.ts'
import { readRetryAfter } from './retry.ts'

export interface Message {
  role: 'system' | 'user' | 'assistant'
  content: string
}

export interface ChatAnswer {
  content: string
  /** It reached the longest answer. */
  isCut: boolean
  /** What it has cost, where the server says so. */
  usage?: { prompt: number; completion: number }
}

export interface ChatOptions {
  model: string
  /** A provider of Hugging Face inference; its router's choice when absent. */
  provider?: string
  /** Any server that speaks the OpenAI chat interface, instead of a provider. */
  endpointUrl?: string
  token?: string
  /** Longest answer. */
  maxTokens: number
  answerFormat: 'json_schema' | 'json_object' | 'text'
}

/**
 * Asks once. What is written comes in pieces; when the call ends, for whatever reason, the server is
 * told to stop.
 * @throws ChatFault; the reason of the signal
 */
export type Chat = (
  messages: readonly Message[],
  options: {
    /** JSON schema of the answer. */
    form: Record<string, unknown>
    signal: AbortSignal
    onText(chunk: string): void
  },
) => Promise<ChatAnswer>

/** Longest text of a token, UTF-16 units; servers may ignore the longest answer that they are told. */
const CHARS_PER_TOKEN = 16
/** A token comes in an event of its own, with everything that a server repeats in each. */
const BYTES_PER_TOKEN = 2048
const LEAST_BYTES = 1 << 18

export const createChat = (options: ChatOptions): Chat => {
  const { model, provider, endpointUrl, token, maxTokens, answerFormat } = options
  const mostBytes = LEAST_BYTES + BYTES_PER_TOKEN * maxTokens
  return async (messages, { form, signal, onText }) => {
    const heard: Heard = {}
    const end = new AbortController()
    const until = AbortSignal.any([signal, end.signal])
    // Loaded when it is needed: most servers never do, and starting must not wait for it.
    const { InferenceClient } = await import('@huggingface/inference')
    const client = new InferenceClient(token, endpointUrl === undefined ? {} : { endpointUrl })
    const request: Question = {
      ...{
        model,
        messages: messages.map(each => ({ ...each })),
        max_tokens: maxTokens,
        temperature: 0,
      },
      ...(provider !== undefined && { provider: provider as 'auto' }),
      stream_options: { include_usage: true },
      ...formatOf(answerFormat, form),
    }
    const stream = client.chatCompletionStream(request, {
      ...{ retry_on_error: false, signal: until },
      fetch: boundedFetch(until, mostBytes, heard),
    })
    let content = ''
    try {
      return await readStream(stream, chunk => {
        content += chunk
        if (content.length > CHARS_PER_TOKEN * maxTokens) {
          throw new ChatFault('bad answer', 'it is longer than it was asked to be')
        }
        onText(chunk)
      })
    } catch (error) {
      signal.throwIfAborted()
      throw error instanceof ChatFault ? error : faultOf(error, heard)
    } finally {
      // Not to read on does not stop the server: only this does.
      end.abort()
    }
  }
}

const formatOf = (
  type: ChatOptions['answerFormat'],
  schema: Record<string, unknown>,
): Pick<Question, 'response_format'> => {
  if (type === 'text') return {}
  if (type === 'json_object') return { response_format: { type } }
  return { response_format: { type, json_schema: { name: 'explanation', schema, strict: true } } }
}

type Question = Parameters<typeof chatCompletionStream>[0]

/** What a server sends may be anything. */
type Chunk =
  | {
      choices?: ({ delta?: { content?: unknown } | null; finish_reason?: unknown } | null)[] | null
      usage?: { prompt_tokens?: unknown; completion_tokens?: unknown } | null
    }
  | null
  | undefined

/** The last chunk has the usage and no choices. */
const readStream = async (
  stream: AsyncIterable<unknown>,
  onText: (chunk: string) => void,
): Promise<ChatAnswer> => {
  let content = ''
  let finish: unknown
  let usage: ChatAnswer['usage']
  let isChat = false
  for await (const given of stream) {
    const chunk = given as Chunk
    if (Array.isArray(chunk?.choices)) isChat = true
    const choice = Array.isArray(chunk?.choices) ? chunk.choices[0] : undefined
    const piece = choice?.delta?.content
    if (typeof piece === 'string' && piece !== '') {
      content += piece
      onText(piece)
    }
    finish = choice?.finish_reason ?? finish
    const { prompt_tokens: prompt, completion_tokens: completion } = chunk?.usage ?? {}
    if (isCount(prompt) && isCount(completion)) usage = { prompt, completion }
  }
  if (!isChat) throw new ChatFault('bad answer', 'it is no chat answer')
  if (finish === undefined) throw new ChatFault('cut off', 'the answer ends in the middle')
  return { content, isCut: finish === 'length', ...(usage && { usage }) }
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0

/** Without what the server has said: it may repeat what it was sent. */
const faultOf = (error: unknown, { status, retryAfter }: Heard): ChatFault => {
  const {
    name,
    message = '',
    httpResponse,
  } = error as {
    name?: string
    message?: string
    httpResponse?: { body?: unknown }
  }
  const isOfStatus = status !== undefined && (status < 200 || status > 299)
  if (isOfStatus) {
    const isBusy = status === 429 || status === 503
    const wait = readRetryAfter(retryAfter ?? null)
    const reason = status === 429 ? 'limited' : status >= 500 ? 'unavailable' : 'refused'
    return new ChatFault(reason, `it answered ${status}`, {
      isWorthRepeating: isBusy,
      ...(wait !== undefined && { retryAfter: wait }),
    })
  }
  if (name === 'InputError' || name === 'RoutingError') return new ChatFault('refused', message)
  if (name === 'ProviderApiError') {
    // An error that is told in a stream has a body.
    return httpResponse?.body
      ? new ChatFault('unavailable', 'it told of an error in the middle')
      : new ChatFault('bad answer', 'it is no stream of events')
  }
  if (error instanceof SyntaxError) return new ChatFault('bad answer', 'it is no JSON')
  if (error instanceof RangeError) return new ChatFault('bad answer', message)
  return status === undefined
    ? new ChatFault('unavailable', message.slice(0, 200))
    : new ChatFault('cut off', 'the connection broke')
}
