/** Shannon entropy of probabilities that sum to 1, nats: 0 where one is certain, ln n where n are as likely. */
export const entropyOf = (p: Float64Array): number =>
  // Rounding may leave a hair less than nothing.
  Math.max(
    0,
    p.reduce((sum, each) => (each > 0 ? sum - each * Math.log(each) : sum), 0),
  )
