/** Why there is no text; for metrics. */
export type NarratorFailure =
  | 'aborted'
  | 'timeout'
  /** The server said no: 4xx, or the options fit no provider. */
  | 'refused'
  /** 429, and again when asked later. */
  | 'limited'
  /** The server cannot be reached, or failed: 5xx. */
  | 'unavailable'
  /** It is no chat answer, or too large. */
  | 'bad answer'
  /** The answer ended in the middle. */
  | 'cut off'
  /** The answer has not the form that was asked for, asked twice. */
  | 'invalid'
  /** Nothing is left of the answer: no sentence is shown by the evidence. */
  | 'unfounded'
  /** The tokens of this hour are spent. */
  | 'over budget'
  /** Too many reports wait. */
  | 'busy'
  /** It failed too often; it is left alone for a while. */
  | 'breaker open'

/** Thrown within this room only. */
export class ChatFault extends Error {
  readonly reason: NarratorFailure
  /** How long the server wants to be left alone, ms. */
  readonly retryAfter?: number
  /** 429 and 503: the same question may be answered later. */
  readonly isWorthRepeating: boolean

  /** @param detail holds no log text and no token */
  constructor(
    reason: NarratorFailure,
    detail: string,
    {
      retryAfter,
      isWorthRepeating = false,
    }: { retryAfter?: number; isWorthRepeating?: boolean } = {},
  ) {
    super(detail)
    this.name = 'ChatFault'
    this.reason = reason
    this.isWorthRepeating = isWorthRepeating
    if (retryAfter !== undefined) this.retryAfter = retryAfter
  }
}
