const FORM = /^([-+]?\d+(?:\.\d+)?)\s?(ns|us|µs|ms|s|m|min|h|%|[kmgt]i?b?|b)?$/i

/** Milliseconds and bytes, so that 980ms and 1.2s can be compared. */
const SCALE: Record<string, number> = {
  ...{ ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, min: 6e4, h: 3.6e6, '%': 1, b: 1 },
  ...{ k: 1e3, kb: 1e3, kib: 1024, m: 1e6, mb: 1e6, mib: 1024 ** 2 },
  ...{ g: 1e9, gb: 1e9, gib: 1024 ** 3, t: 1e12, tb: 1e12, tib: 1024 ** 4 },
}

/** Value of a number with or without a unit; undefined for anything else. */
export const numberOf = (text: string): number | undefined => {
  const c = text.charCodeAt(0)
  if (text.length > 24 || !((c >= 48 && c <= 57) || c === 45 || c === 43)) return undefined
  const match = FORM.exec(text)
  if (match === null) return undefined
  const scale = match[2] === undefined ? 1 : SCALE[match[2].toLowerCase()]!
  return Number(match[1]) * scale
}

const TIME = /\b\d{4}-\d\d-\d\d|\b\d\d:\d\d(?::\d\d)?\b|\b\d{1,2}\/\d{1,2}\/\d{4}\b/
/** Seconds, milliseconds, micro- or nanoseconds of the years 2001 to 2065. */
const EPOCH = /^[12]\d{9}(?:\.\d+|\d{3}|\d{6}|\d{9})?$/

/** Whether a value tells a time: it changes by itself. */
export const isTime = (text: string): boolean => TIME.test(text) || EPOCH.test(text)
