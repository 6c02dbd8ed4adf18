export const clip = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most)}…` : text

/** Reasoning models think aloud first; one that was cut off while thinking has said nothing. */
export const withoutThoughts = (text: string): string =>
  text.replace(/<think>[\s\S]*?(?:<\/think>|$)/g, '').replace(/^[\s\S]*<\/think>/, '')
