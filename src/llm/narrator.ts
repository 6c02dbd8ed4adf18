import type { chatCompletion } from '@huggingface/inference'
import type { RootCause } from '../core/rca/root-cause.ts'
import { type Narrative, readAnswer } from './answer.ts'
import { boundedFetch } from './bounded-fetch.ts'
import { writePrompt } from './prompt.ts'
import { createRedactor } from './redactor.ts'

/** Why there is no text; for metrics. */
export type NarratorFailure =
  | 'aborted'
  | 'timeout'
  /** The server said no: 4xx, or the options fit no provider. */
  | 'refused'
  /** The server cannot be reached, or failed: 5xx, 429. */
  | 'unavailable'
  /** It is no chat answer, is empty, or too large. */
  | 'bad answer'

export interface NarratorOptions {
  model: string
  /** A provider of Hugging Face inference; its router's choice when absent. */
  provider?: string
  /** Any server that speaks the OpenAI chat interface, instead of a provider. */
  endpointUrl?: string
  token?: string
  timeoutSeconds: number
  /** Longest answer. */
  maxTokens: number
  /** Told once for every call that gave no text. `detail` holds no log text and no token. */
  failed?(reason: NarratorFailure, detail: string): void
  /** Told what a call has cost, where the server says so. */
  used?(tokens: { prompt: number; completion: number }): void
}

/**
 * Puts a root cause in words; undefined when nothing can be said in time. Never throws: the facts of
 * the report stand without words.
 */
export type Narrator = (report: RootCause, signal: AbortSignal) => Promise<Narrative | undefined>

/** `rca.llm` of the configuration. */
export type NarratorSettings = Omit<NarratorOptions, 'model' | 'token' | 'failed' | 'used'> & {
  model?: string
}

/**
 * The narrator that is configured; undefined when none is. The token is `LOGBERT_LLM_TOKEN`, else
 * `HF_TOKEN`, which is for Hugging Face only.
 */
export const narratorOf = (
  { model, ...settings }: NarratorSettings,
  env: Readonly<Record<string, string | undefined>>,
  hooks: Pick<NarratorOptions, 'failed' | 'used'> = {},
): Narrator | undefined => {
  if (model === undefined) return undefined
  const token = env.LOGBERT_LLM_TOKEN || (isHuggingFace(settings.endpointUrl) && env.HF_TOKEN)
  return createNarrator({ model, ...settings, ...hooks, ...(token && { token }) })
}

const isHuggingFace = (endpointUrl: string | undefined): boolean =>
  endpointUrl === undefined ||
  /(?:^|\.)huggingface\.(?:co|cloud)$/.test(URL.parse(endpointUrl)?.hostname ?? '')

/** Asks a model of language. Values that must not leave are hidden in all that it is sent. */
export const createNarrator = (options: NarratorOptions): Narrator => {
  const { failed = () => undefined, used = () => undefined } = options
  return async (report, signal) => {
    const timeout = AbortSignal.timeout(1000 * options.timeoutSeconds)
    const redactor = createRedactor()
    const { system, data, sources } = writePrompt(report, redactor)
    try {
      const answer = await ask(options, system, data, AbortSignal.any([signal, timeout]))
      const usage = answer?.usage
      if (usage != null) {
        used({ prompt: usage.prompt_tokens ?? 0, completion: usage.completion_tokens ?? 0 })
      }
      const content: unknown = answer?.choices?.[0]?.message?.content
      const text = typeof content === 'string' ? content : ''
      const narrative = readAnswer(text, sources, redactor, options.maxTokens)
      if (narrative === undefined) failed('bad answer', 'it holds no text')
      return narrative
    } catch (error) {
      const reason = signal.aborted ? 'aborted' : timeout.aborted ? 'timeout' : reasonOf(error)
      failed(reason, detailOf(error))
      return undefined
    }
  }
}

/** What a server sends may be anything. */
type Answer = Partial<Awaited<ReturnType<typeof chatCompletion>>> | null

const ask = async (
  { model, provider, endpointUrl, token, maxTokens }: NarratorOptions,
  system: string,
  data: string,
  signal: AbortSignal,
): Promise<Answer> => {
  // Loaded when it is needed: most servers never do, and starting must not wait for it.
  const inference = await import('@huggingface/inference')
  return inference.chatCompletion(
    {
      model,
      ...(endpointUrl !== undefined && { endpointUrl }),
      ...(provider !== undefined && { provider: provider as 'auto' }),
      ...(token !== undefined && { accessToken: token }),
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: data },
      ],
      max_tokens: maxTokens,
      temperature: 0,
    },
    { retry_on_error: false, signal, fetch: boundedFetch(signal) },
  )
}

const reasonOf = (error: unknown): NarratorFailure => {
  const { name, httpResponse } = error as {
    name?: string
    httpResponse?: { status?: number }
  }
  const status = httpResponse?.status
  if (status !== undefined) {
    if (status === 429 || status >= 500) return 'unavailable'
    return status >= 400 ? 'refused' : 'bad answer'
  }
  if (name === 'InputError' || name === 'RoutingError') return 'refused'
  // What fetch throws has a code or is a TypeError; what reading the answer throws has not.
  const unread = error instanceof SyntaxError || error instanceof RangeError
  return unread || name === 'ProviderOutputError' ? 'bad answer' : 'unavailable'
}

const DETAIL_CHARS = 200

/** Without what the server has said: it may repeat what it was sent. */
const detailOf = (error: unknown): string => {
  const { httpResponse, message } = error as {
    httpResponse?: { status?: number }
    message?: string
  }
  if (httpResponse?.status !== undefined) return `it answered ${httpResponse.status}`
  return (message ?? `${error}`).slice(0, DETAIL_CHARS)
}
