import type { Oddness } from './types.ts'

/** What the two figures beside a line mean; to stand where they are shown. */
export const ODDNESS =
  'Surprise: how unlikely the model held a line where it stands (−ln p, nats). Entropy: how open its ' +
  'prediction was there. Surprise well above entropy: the line was not what the model expected. High ' +
  'entropy: the model did not know what to expect.'

/** `surprise 7.2, entropy 0.1`; undefined where the model was not asked. */
export const oddsText = ({ surprise, entropy }: Partial<Oddness>): string | undefined => {
  if (surprise === undefined) return undefined
  const said = `surprise ${surprise.toFixed(1)}`
  return entropy === undefined ? said : `${said}, entropy ${entropy.toFixed(1)}`
}
