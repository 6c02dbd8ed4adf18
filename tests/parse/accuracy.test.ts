import { expect, test } from 'bun:test'
import { createParser } from '../../src/core/parse/parser.ts'
import type { LogEvent } from '../../src/core/types.ts'
import { type ParseScore, readLabelled, scoreParse } from '../bench/parse-metrics.ts'
import { withoutData } from '../data.ts'

/** What each system reached when this was written, rounded down: a change must not cost it. */
const floors: Record<string, ParseScore> = {
  Android: { ga: 0.95, fga: 0.94, pa: 0.84, fta: 0.8 },
  Apache: { ga: 0.99, fga: 0.99, pa: 0.99, fta: 0.99 },
  BGL: { ga: 0.99, fga: 0.99, pa: 0.99, fta: 0.97 },
  HDFS: { ga: 0.99, fga: 0.99, pa: 0.99, fta: 0.99 },
  Linux: { ga: 0.99, fga: 0.98, pa: 0.97, fta: 0.9 },
  OpenStack: { ga: 0.99, fga: 0.99, pa: 0.99, fta: 0.99 },
  Spark: { ga: 0.99, fga: 0.94, pa: 0.98, fta: 0.88 },
  Zookeeper: { ga: 0.98, fga: 0.86, pa: 0.98, fta: 0.82 },
}

const score = async (system: string): Promise<ParseScore> => {
  const { lines, truth } = await readLabelled(system)
  const events: LogEvent[] = []
  const emit = (event: LogEvent): void => void events.push(event)
  const parser = createParser()
  for (const text of lines) parser.feed({ text, source: 's', arrived: 0 }, emit)
  parser.flush(emit)
  const ids = events.map(event => parser.resolve(event.templateId))
  return scoreParse(
    truth,
    ids.map(String),
    events.map((event, i) => parser.template(ids[i]!) ?? event.template),
  )
}

const reason = withoutData('loghub_2k')
for (const [system, floor] of Object.entries(floors)) {
  test.skipIf(reason !== undefined)(
    `templates of ${system} agree with the truth, in the one default configuration ${reason ?? ''}`,
    async () => {
      const reached = await score(system)
      for (const key of ['ga', 'fga', 'pa', 'fta'] as const)
        expect(reached[key], key).toBeGreaterThanOrEqual(floor[key])
    },
  )
}
