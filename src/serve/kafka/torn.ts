import type { StreamDetection } from '../../core/pipeline/stream-types.ts'
import type { LineStore, PlacedLine } from './line-store.ts'

/**
 * How many anomalies are of sessions that cross sources, though nothing keeps the lines of such a
 * session together: they came keyed by their source, or not at all, so that other lines of it may
 * stand in other partitions, and what looks odd may only be a part.
 */
export const countTorn = (
  { anomalies }: Pick<StreamDetection, 'anomalies'>,
  lineAt: LineStore['get'],
): number =>
  anomalies.filter(({ lines }) =>
    lines.some(({ line, source }) => source !== undefined && isLoose(lineAt(line))),
  ).length

/** Of a line that was kept over a restart nobody knows it any more. */
const isLoose = (line: PlacedLine | undefined): boolean =>
  line?.offset !== undefined && (line.key === undefined || line.key === line.source)
