import * as v from 'valibot'
import { endpoint, key, number, open, text, whole } from './kinds.ts'

/** What the model of language that words root causes wants to know. */
export const llm = v.pipe(
  v.strictObject({
    model: open(text, 'name of the model; without it no text is written and nothing leaves'),
    provider: open(text, 'a provider of Hugging Face inference; its own choice when absent'),
    endpointUrl: open(
      endpoint('http://localhost:8000/v1', 'LOGBERT_LLM_TOKEN'),
      'any server that speaks the OpenAI chat interface instead',
    ),
    answerFormat: key(
      v.picklist(['json_schema', 'json_object', 'text']),
      'json_schema',
      'what the server is asked to hold its answer to; less for servers that refuse a schema',
    ),
    redactHosts: key(
      v.boolean(),
      false,
      'whether names of hosts are hidden, too; addresses, e-mails, users, secrets and the like always are',
    ),
    timeoutSeconds: key(
      number(0.1, 600),
      60,
      'a report that has no text by then, waiting and repeating included, goes without',
    ),
    maxPromptTokens: key(
      whole(1500, 1_000_000),
      6000,
      'longest question, by a careful estimate; what matters least is left out, and the report says so',
    ),
    maxTokens: key(whole(16, 32_768), 800, 'longest answer'),
    tokensPerReport: key(
      whole(1500),
      16_000,
      'most tokens of all questions and answers for one report; repeating and repairing end there',
    ),
    tokensPerHour: key(whole(1500), 200_000, 'the same for all reports of the last hour'),
    concurrency: key(whole(1, 1000), 2, 'reports that are put in words at once'),
    maxWaiting: key(whole(0, 10_000), 20, 'reports that wait for that; more go without text'),
    retries: key(
      whole(0, 10),
      2,
      'times that a server which is busy (429, 503) is asked again, when it says or later each time',
    ),
    breakerFailures: key(
      whole(1, 1000),
      5,
      'failures in a row after which the server is left alone for a while',
    ),
    breakerSeconds: key(number(0.1, 86_400), 60, 'how long; then one question tries it'),
    cacheEntries: key(
      whole(0, 100_000),
      500,
      'texts kept in memory, by what the incident holds and the model; 0 keeps none',
    ),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const message of faultsOf(dataset.value)) addIssue({ message })
  }),
  v.description(
    'a model of language that puts the facts in words; its token comes from LOGBERT_LLM_TOKEN, or ' +
      'for Hugging Face HF_TOKEN, in the environment only',
  ),
)

interface Checked {
  model?: string
  provider?: string
  endpointUrl?: string
  maxPromptTokens: number
  maxTokens: number
  tokensPerReport: number
  tokensPerHour: number
}

const faultsOf = (given: Checked): string[] => {
  const { model, provider, endpointUrl, maxPromptTokens, maxTokens } = given
  const { tokensPerReport, tokensPerHour } = given
  const faults: string[] = []
  if (model === undefined && (provider ?? endpointUrl) !== undefined) {
    faults.push('names where to ask but no model; set rca.llm.model, too')
  }
  if (provider !== undefined && endpointUrl !== undefined) {
    faults.push('names a provider and an endpointUrl; leave one of them out')
  }
  const one = maxPromptTokens + maxTokens
  if (tokensPerReport < one) {
    faults.push(
      `tokensPerReport (${tokensPerReport}) is below maxPromptTokens and maxTokens together (${one}): ` +
        'not one question would be asked; raise the first or lower the others',
    )
  }
  if (tokensPerHour < tokensPerReport) {
    faults.push(
      `tokensPerHour (${tokensPerHour}) is below tokensPerReport (${tokensPerReport}); raise the first`,
    )
  }
  return faults
}
