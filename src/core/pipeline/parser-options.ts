import type { ParserOptions } from '../parse/parser.ts'
import type { ParseOptions } from './engine.ts'

/** What the user asked for, as the parser takes it. */
export const parserOptions = ({ header, timeZone, masks }: ParseOptions = {}): ParserOptions => ({
  ...(masks !== undefined && { patterns: masks }),
  header: {
    ...(header !== undefined && { format: header }),
    ...(timeZone !== undefined && { timeZone }),
  },
})
