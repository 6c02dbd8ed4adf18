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
