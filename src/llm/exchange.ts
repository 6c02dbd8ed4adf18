import type { Tokens } from '../core/rca/types.ts'
import type { Breaker } from './breaker.ts'
import type { Chat, ChatAnswer, Message } from './chat.ts'
import { ChatFault, type NarratorFailure } from './chat-fault.ts'
import { countTokens } from './count-tokens.ts'
import type { HourBudget } from './hour-budget.ts'
import { withRetries } from './retry.ts'

/** What all reports share, and what holds for each of them. */
export interface ExchangeParts {
  chat: Chat
  breaker: Breaker
  hour: HourBudget
  maxTokens: number
  tokensPerReport: number
  retries: number
  /** A question is sent. */
  asked(): void
  used(tokens: Tokens): void
}

export interface ExchangeOptions {
  /** JSON schema of answers. */
  form: Record<string, unknown>
  signal: AbortSignal
  /** By `performance.now()`. */
  deadline: number
}

/** All that is asked for one report. */
export interface Exchange {
  /** @throws ChatFault; the reason of the signal */
  ask(messages: readonly Message[], onText?: (chunk: string) => void): Promise<ChatAnswer>
  /** So far. */
  readonly tokens: Tokens
}

/** The server was not reached, or did nothing. */
const FREE: readonly NarratorFailure[] = ['refused', 'limited', 'unavailable']

export const createExchange = (parts: ExchangeParts, options: ExchangeOptions): Exchange => {
  const { chat, breaker, hour, maxTokens, tokensPerReport, retries, asked, used } = parts
  const { form, signal, deadline } = options
  const tokens: Tokens = { prompt: 0, completion: 0, estimated: false }
  const spend = (cost: Tokens): void => {
    tokens.prompt += cost.prompt
    tokens.completion += cost.completion
    tokens.estimated ||= cost.estimated
    used(cost)
  }
  const askOnce = async (
    messages: readonly Message[],
    onText: (chunk: string) => void,
  ): Promise<ChatAnswer> => {
    const prompt = messages.reduce((sum, { content }) => sum + countTokens(content), 0)
    const most = prompt + maxTokens
    if (tokens.prompt + tokens.completion + most > tokensPerReport) {
      throw new ChatFault('over budget', `asking again is beyond ${tokensPerReport} for a report`)
    }
    const settle = hour.reserve(most)
    if (settle === undefined) {
      throw new ChatFault('over budget', 'the tokens of this hour are spent')
    }
    let received = ''
    let cost: Tokens | undefined
    const guess = () => ({ prompt, completion: countTokens(received), estimated: true })
    try {
      asked()
      const answer = await chat(messages, {
        ...{ form, signal },
        onText: chunk => {
          received += chunk
          onText(chunk)
        },
      })
      cost = answer.usage ? { ...answer.usage, estimated: false } : guess()
      return answer
    } catch (error) {
      const isFree = error instanceof ChatFault && FREE.includes(error.reason) && received === ''
      if (!isFree) cost = guess()
      throw error
    } finally {
      settle(cost === undefined ? 0 : cost.prompt + cost.completion)
      if (cost !== undefined) spend(cost)
    }
  }
  return {
    async ask(messages, onText = () => undefined) {
      if (!breaker.enter()) {
        throw new ChatFault('breaker open', 'it failed too often and is left alone for a while')
      }
      try {
        const again = { most: retries, signal, deadline }
        const answer = await withRetries(() => askOnce(messages, onText), again)
        breaker.succeeded()
        return answer
      } catch (error) {
        if (isItsFault(error)) breaker.failed()
        else breaker.left()
        throw error
      }
    },
    tokens,
  }
}

/** Not where whoever asked went away, or there is no budget. */
const isItsFault = (error: unknown): boolean =>
  error instanceof ChatFault
    ? error.reason !== 'over budget'
    : error instanceof DOMException && error.name === 'TimeoutError'
