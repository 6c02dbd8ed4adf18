/** Cut where no value can be cut in two; nothing of a text that has no blank. */
export const cutAtBlank = (text: string, most: number): string => {
  if (text.length <= most) return text
  const blank = text.lastIndexOf(' ', most)
  return blank < 0 ? '…' : `${text.slice(0, blank)} …`
}

/** On one line, without control characters, colours of terminals, and what turns the direction of text. */
export const oneLine = (text: string): string =>
  text
    .replace(/\p{Cc}\[[\d;]*[A-Za-z]/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/\p{C}/gu, '')
    .trim()
