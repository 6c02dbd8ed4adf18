/** Cut where no value can be cut in two; nothing of a text that has no blank. */
export const cutAtBlank = (text: string, most: number): string => {
  if (text.length <= most) return text
  const blank = text.lastIndexOf(' ', most)
  return blank < 0 ? '…' : `${text.slice(0, blank)} …`
}

export const clip = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most)}…` : text

/** On one line, without control characters, colours of terminals, and what turns the direction of text. */
export const oneLine = (text: string): string =>
  text
    .replace(/\p{Cc}\[[\d;]*[A-Za-z]/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/\p{C}/gu, '')
    .trim()

/** Reasoning models think aloud first; one that was cut off while thinking has said nothing. */
export const withoutThoughts = (text: string): string =>
  text.replace(/<think>[\s\S]*?(?:<\/think>|$)/g, '').replace(/^[\s\S]*<\/think>/, '')
