import type { CitedLine, Narrative, RcaReport } from '../core/rca/types.ts'
import { askedForm, type RawSentence, readAnswer, readSentence } from './answer-form.ts'
import type { Message } from './chat.ts'
import { ChatFault } from './chat-fault.ts'
import { clip } from './clean-text.ts'
import { createExchange, type Exchange, type ExchangeParts } from './exchange.ts'
import { createGrounds, type Judged } from './grounds.ts'
import { type Prompt, writePrompt } from './prompt.ts'
import { createRedactor } from './redactor.ts'
import { createSentenceReader } from './sentence-reader.ts'

export interface WordingOptions {
  redactHosts: boolean
  maxPromptTokens: number
  signal: AbortSignal
  /** By `performance.now()`. */
  deadline: number
  onText?: TellText
  /** A sentence was taken out. */
  removed(reason: 'citation' | 'name'): void
}

/** Told each sentence with a blank before all but the first, and the ids of its lines. */
export type TellText = (chunk: string, evidence: readonly string[]) => void

export type Wording = Omit<Narrative, 'latencyMs' | 'model' | 'fromCache'>

/**
 * Asks for a report in words, checks them, and asks once more where the answer has not the form.
 * @throws ChatFault; the reason of the signal
 */
export const putInWords = async (
  report: RcaReport,
  lines: readonly CitedLine[],
  parts: ExchangeParts,
  options: WordingOptions,
): Promise<Wording> => {
  const { redactHosts, maxPromptTokens, signal, deadline, onText, removed: tellRemoved } = options
  const redactor = createRedactor({ hosts: redactHosts, plain: wordsOfServices(report) })
  const prompt = writePrompt(report, lines, redactor, maxPromptTokens)
  if (prompt.lines.size === 0) throw new ChatFault('unfounded', 'the report cites no line')
  const form = askedForm([...prompt.lines.keys()], [...prompt.suspects.keys()])
  const exchange = createExchange(parts, { form, signal, deadline })
  const judge = createGrounds(prompt, redactor)
  const { sentences, isCut } = await converse(exchange, prompt, onText && teller(judge, onText))
  const judged = sentences.map(judge)
  const faults = judged.flatMap(each => ('fault' in each ? each.fault : []))
  const removed = faults.filter(fault => fault !== 'empty')
  for (const fault of removed) tellRemoved(fault)
  const kept = judged.filter(each => 'text' in each)
  const told = kept.filter((each, i) => kept.findIndex(({ text }) => text === each.text) === i)
  if (told.length === 0) {
    throw new ChatFault('unfounded', `none of ${judged.length} sentences is shown by the evidence`)
  }
  return {
    text: told.map(({ text }) => text).join(' '),
    sentences: told.map(({ text, evidence: ids }) => ({ text, evidence: ids })),
    suspects: [...new Set(told.flatMap(({ suspects }) => suspects))],
    removed: removed.length,
    tokens: exchange.tokens,
    cut: [...prompt.cut, ...(isCut ? [`its answer was cut at ${parts.maxTokens} tokens`] : [])],
  }
}

/** A service `user` or `order` is no user; nor are parts of names of services. */
const wordsOfServices = ({ suspects, impact, timeline }: RcaReport): string[] => {
  const named = suspects.filter(({ kind }) => kind === 'service' || kind === 'component')
  const names = [
    ...named.map(({ name }) => name),
    ...impact.services,
    ...timeline.map(({ service }) => service),
  ]
  return names.flatMap(name => [name, ...name.split(/[^\p{L}\d]+/u)])
}

const converse = async (
  exchange: Exchange,
  prompt: Prompt,
  onText?: (chunk: string) => void,
): Promise<{ sentences: RawSentence[]; isCut: boolean }> => {
  const question: Message[] = [
    { role: 'system', content: prompt.system },
    { role: 'user', content: prompt.data },
  ]
  const first = await exchange.ask(question, onText)
  const read = readAnswer(first.content, first.isCut)
  if (!('fault' in read)) return read
  // A longer answer would be cut again.
  if (first.isCut) throw new ChatFault('invalid', 'no sentence fits in the longest answer')
  const second = await exchange.ask([...question, ...repair(first.content, read.fault)]).catch(
    // Where there is no room for asking again, the first answer is what failed.
    error => {
      const isSpent = error instanceof ChatFault && error.reason === 'over budget'
      throw isSpent ? new ChatFault('invalid', `${read.fault}; ${error.message}`) : error
    },
  )
  const again = readAnswer(second.content, second.isCut)
  if ('fault' in again) throw new ChatFault('invalid', again.fault)
  return again
}

/** Of a bad answer, shown to who wrote it. */
const REPEATED_CHARS = 2000

const repair = (content: string, fault: string): Message[] => [
  { role: 'assistant', content: clip(content, REPEATED_CHARS) || '{}' },
  {
    role: 'user',
    content: `That is not what was asked for: ${fault}. Answer with the one JSON object alone.`,
  },
]

/** Tells sentences while the answer is still being written. */
const teller = (
  judge: (sentence: RawSentence) => Judged,
  onText: TellText,
): ((chunk: string) => void) => {
  const reader = createSentenceReader()
  const told = new Set<string>()
  return chunk => {
    for (const sentence of reader.feed(chunk).flatMap(readSentence)) {
      const judged = judge(sentence)
      if (!('text' in judged) || told.has(judged.text)) continue
      onText(told.size === 0 ? judged.text : ` ${judged.text}`, judged.evidence)
      told.add(judged.text)
    }
  }
}
