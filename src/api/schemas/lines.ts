import * as v from 'valibot'
import { MOST_SOURCE } from '../log-items.ts'
import { named, words } from './common.ts'

/** One line, as JSON. `itemLines` checks the same by hand. */
export const logItem = named(
  'LogItem',
  v.union([
    v.string(),
    v.pipe(
      v.strictObject({
        message: v.optional(v.string()),
        log: v.optional(v.pipe(v.string(), v.description('The same as `message`'))),
        timestamp: v.optional(
          v.pipe(
            v.union([v.number(), v.string()]),
            v.description('Epoch milliseconds or ISO 8601; when it arrives when absent'),
          ),
        ),
        source: v.optional(words(MOST_SOURCE, 'Instead of `?source=`')),
        attributes: v.optional(
          v.pipe(v.record(v.string(), v.unknown()), v.description('Taken, and not used yet')),
        ),
      }),
      v.description('One of `message` and `log`'),
    ),
  ]),
)

export const logList = v.array(logItem)
export const logBody = v.strictObject({ logs: logList })

export const sourceQuery = v.strictObject({
  source: v.optional(
    words(MOST_SOURCE, 'Where lines come from that do not say it themselves; `http` when absent.'),
  ),
})

export const DEFAULT_SOURCE = 'http'
