import { toJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { withoutThoughts } from './clean-text.ts'
import { createSentenceReader } from './sentence-reader.ts'

/** As the model wrote it: nothing of it has been looked at. */
export interface RawSentence {
  text: string
  /** Labels. */
  lines: string[]
  suspects: string[]
}

/** That are asked for; those that do not keep to it are read a little further. */
export const ASKED_SENTENCES = 6
const MOST_SENTENCES = 12
/** Labels in a list: small models repeat themselves for ever where they may. */
const MOST_CITED = 6

/** What the server is asked to hold its answer to: a JSON schema that knows all labels. */
export const askedForm = (
  lines: readonly string[],
  suspects: readonly string[],
): Record<string, unknown> => {
  const cited = v.pipe(v.array(v.picklist(lines)), v.minLength(1), v.maxLength(MOST_CITED))
  const sentence =
    suspects.length > 0
      ? v.strictObject({
          lines: cited,
          suspects: v.pipe(v.array(v.picklist(suspects)), v.maxLength(MOST_CITED)),
          text: v.string(),
        })
      : v.strictObject({ lines: cited, text: v.string() })
  const { $schema: _, ...form } = toJsonSchema(
    v.strictObject({
      sentences: v.pipe(v.array(sentence), v.minLength(1), v.maxLength(ASKED_SENTENCES)),
    }),
  )
  return form
}

/** The form alone: a wrong label costs its sentence, not the answer. */
const sentenceForm = v.object({
  text: v.string(),
  lines: v.array(v.string()),
  suspects: v.optional(v.array(v.string()), []),
})
const answerForm = v.object({ sentences: v.pipe(v.array(sentenceForm), v.minLength(1)) })

export type ReadAnswer =
  | { sentences: RawSentence[]; isCut: boolean }
  /** What is wrong with it, for the model. */
  | { fault: string }

/**
 * Reads a whole answer, thoughts and fences around it left out.
 * @param isCut it was longer than it may be: the sentences that are whole count then
 */
export const readAnswer = (content: string, isCut: boolean): ReadAnswer => {
  const plain = withoutThoughts(content)
  const [from, to] = [plain.indexOf('{'), plain.lastIndexOf('}')]
  const given = from < 0 ? undefined : parsed(plain.slice(from, to + 1))
  if (given !== undefined) {
    const { success, output, issues } = v.safeParse(answerForm, given.value)
    if (success) return { sentences: output.sentences.slice(0, MOST_SENTENCES), isCut }
    return { fault: faultOf(issues) }
  }
  const whole = isCut ? createSentenceReader().feed(plain).flatMap(readSentence) : []
  if (whole.length > 0) return { sentences: whole.slice(0, MOST_SENTENCES), isCut }
  return { fault: plain.trim() === '' ? 'it is empty' : 'it is no JSON object' }
}

/** One sentence of an answer that is not complete yet; none when it has not the form. */
export const readSentence = (given: unknown): RawSentence[] => {
  const { success, output } = v.safeParse(sentenceForm, given)
  return success ? [output] : []
}

const parsed = (text: string): { value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

const faultOf = (issues: readonly v.BaseIssue<unknown>[]): string =>
  issues
    .slice(0, 3)
    .map(issue => `${v.getDotPath(issue) ?? 'answer'} should be ${issue.expected ?? 'longer'}`)
    .join('; ')
