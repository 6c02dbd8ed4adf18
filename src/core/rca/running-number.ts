/** How often a number was larger, and smaller, than the one before of the same writer. */
export interface Steps {
  rises: number
  falls: number
}

export const noSteps = (): Steps => ({ rises: 0, falls: 0 })

/** Writers and slots whose last number is remembered. */
const MOST_SERIES = 50_000

/** Looks at the numbers of each series in order; of too many series the later ones are passed over. */
export const createStepper = () => {
  const last = new Map<string, number>()
  return (steps: Steps, series: string, number: number): void => {
    const before = last.get(series)
    if (before === undefined && last.size >= MOST_SERIES) return
    last.set(series, number)
    if (before === undefined || before === number) return
    if (number > before) steps.rises++
    else steps.falls++
  }
}

/** A number that goes either way would rise so often in a row once in 4,000 times. */
const LEAST_STEPS = 12
/** A count begins anew when its writer does, and lines that were written at once change places. */
const MOST_FALLS = 0.05

/**
 * Whether a number only goes up, as counts, generations, offsets and times since the begin do: that it
 * is larger later says nothing. What rises in the long run but goes up and down on the way is a gauge.
 */
export const isRunning = ({ rises, falls }: Steps): boolean =>
  rises + falls >= LEAST_STEPS && falls <= MOST_FALLS * (rises + falls)
