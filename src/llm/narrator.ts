import type { CitedLine, Narrative, RcaReport, Tokens } from '../core/rca/types.ts'
import { type BreakerState, createBreaker } from './breaker.ts'
import { type ChatOptions, createChat } from './chat.ts'
import { ChatFault, type NarratorFailure } from './chat-fault.ts'
import type { ExchangeParts } from './exchange.ts'
import { createGate } from './gate.ts'
import { createHourBudget } from './hour-budget.ts'
import { createTextCache, hashOf } from './text-cache.ts'
import { putInWords, type TellText } from './wording.ts'

/** `rca.llm` of the configuration, where each is described. */
export interface NarratorSettings extends Omit<ChatOptions, 'model' | 'token'> {
  model?: string
  redactHosts: boolean
  timeoutSeconds: number
  maxPromptTokens: number
  tokensPerReport: number
  tokensPerHour: number
  concurrency: number
  maxWaiting: number
  retries: number
  breakerFailures: number
  breakerSeconds: number
  cacheEntries: number
}

/** Secrets come from here only. */
export type Env = Readonly<Record<string, string | undefined>>

/** What is worth counting. */
export interface NarratorHooks {
  /** A question is sent; there may be several for a report. */
  asked?(): void
  /** What a question has cost. */
  used?(tokens: Tokens): void
  /** A report has no text. Once; `detail` holds no log text and no token. */
  failed?(reason: NarratorFailure, detail: string): void
  /** A report has its text, after so many seconds. */
  answered?(seconds: number): void
  /** The text was known already. */
  cached?(): void
  /** A sentence was taken out: it cited, or named, what is not in the evidence. */
  removed?(reason: 'citation' | 'name'): void
  /** The server is left alone (open), tried (half-open), or asked as always (closed). */
  breaker?(state: BreakerState): void
}

export interface NarrateOptions {
  signal: AbortSignal
  /** The lines that the report cites. Without them their ids are all that is known of them. */
  lines?: readonly CitedLine[]
  /**
   * Told each sentence when it is complete and holds. It counts only if a narrative comes: that one
   * has the last word.
   */
  onText?: TellText
}

/**
 * Puts a report in words; undefined when nothing can be said in time, or nothing was found. Never
 * throws: the report stands without words.
 */
export type Narrator = (
  report: RcaReport,
  options: NarrateOptions,
) => Promise<Narrative | undefined>

/**
 * The narrator that is configured; undefined when none is. Values that must not leave are hidden in
 * all that it sends. The token is `LOGBERT_LLM_TOKEN`, else `HF_TOKEN`, which is for Hugging Face only.
 */
export const createNarrator = (
  settings: NarratorSettings,
  env: Env,
  hooks: NarratorHooks = {},
): Narrator | undefined => {
  const { model } = settings
  if (model === undefined) return undefined
  const tell = createTeller({ ...settings, model }, env, hooks)
  return async (report, options) => {
    if (!report.found) return undefined
    const timeout = AbortSignal.timeout(1000 * settings.timeoutSeconds)
    try {
      return await tell(report, options, AbortSignal.any([options.signal, timeout]))
    } catch (error) {
      const reason =
        error instanceof ChatFault ? error.reason : timeout.aborted ? 'timeout' : 'unavailable'
      const { message } = error as Partial<Error>
      hooks.failed?.(options.signal.aborted ? 'aborted' : reason, `${message}`.slice(0, 200))
      return undefined
    }
  }
}

type Chosen = NarratorSettings & { model: string }

/** As the narrator, but it says why there is no text. @throws ChatFault; the reason of the signal */
const createTeller = (settings: Chosen, env: Env, hooks: NarratorHooks) => {
  const { model, redactHosts, maxPromptTokens, timeoutSeconds } = settings
  const parts = partsOf(settings, env, hooks)
  const gate = createGate(settings.concurrency, settings.maxWaiting)
  const cache = createTextCache<Narrative>(settings.cacheEntries)
  return async (
    report: RcaReport,
    { lines = [], onText }: NarrateOptions,
    signal: AbortSignal,
  ): Promise<Narrative> => {
    const begun = performance.now()
    const key = hashOf([model, report, lines])
    const known = cache.get(key)
    if (known !== undefined) {
      hooks.cached?.()
      known.sentences.forEach(({ text, evidence }, i) => {
        if (onText !== undefined) safely(onText)(i === 0 ? text : ` ${text}`, evidence)
      })
      const tokens = { prompt: 0, completion: 0, estimated: false }
      return { ...known, tokens, latencyMs: performance.now() - begun, fromCache: true }
    }
    const leave = await gate.enter(signal)
    const told = await putInWords(report, lines, parts, {
      ...{ redactHosts, maxPromptTokens, signal },
      deadline: begun + 1000 * timeoutSeconds,
      ...(onText !== undefined && { onText: safely(onText) }),
      removed: reason => hooks.removed?.(reason),
    }).finally(leave)
    const latencyMs = performance.now() - begun
    hooks.answered?.(latencyMs / 1000)
    const narrative = { ...told, latencyMs, model, fromCache: false }
    cache.put(key, narrative)
    return narrative
  }
}

/** Whoever listens may be gone: the text is wanted all the same. */
const safely =
  (onText: TellText): TellText =>
  (chunk, evidence) => {
    try {
      onText(chunk, evidence)
    } catch {}
  }

const partsOf = (settings: Chosen, env: Env, hooks: NarratorHooks): ExchangeParts => {
  const { endpointUrl, tokensPerHour, tokensPerReport, breakerFailures, breakerSeconds } = settings
  const token = env.LOGBERT_LLM_TOKEN || (isHuggingFace(endpointUrl) && env.HF_TOKEN)
  return {
    chat: createChat({ ...settings, ...(token && { token }) }),
    breaker: createBreaker({
      ...{ failures: breakerFailures, openMs: 1000 * breakerSeconds },
      now: () => performance.now(),
      changed: state => hooks.breaker?.(state),
    }),
    hour: createHourBudget(tokensPerHour, Date.now),
    ...{ tokensPerReport, maxTokens: settings.maxTokens, retries: settings.retries },
    asked: () => hooks.asked?.(),
    used: tokens => hooks.used?.(tokens),
  }
}

const isHuggingFace = (endpointUrl: string | undefined): boolean => {
  if (endpointUrl === undefined) return true
  const url = URL.parse(endpointUrl)
  return url?.protocol === 'https:' && /(?:^|\.)huggingface\.(?:co|cloud)$/.test(url.hostname)
}
