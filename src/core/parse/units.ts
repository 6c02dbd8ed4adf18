/** Units of sizes, rates and times: which one stands after a number depends on the number. */
const units: ReadonlySet<string> = new Set(
  (
    'b kb mb gb tb pb kib mib gib tib byte bytes bit bits k m g t ' +
    'ns us µs ms s sec secs second seconds min mins minute minutes h hr hrs hour hours ' +
    'd day days week weeks month months year years hz khz mhz ghz'
  ).split(' '),
)

/** Whether a word is a unit of size, rate or time. */
export const isUnit = (word: string): boolean => units.has(word.toLowerCase())

/** Whether a word is a short unit of size: B, KB, MiB … */
export const isShortSize = (word: string): boolean => /^(?:[kmgtp]i?)?b$/i.test(word)
