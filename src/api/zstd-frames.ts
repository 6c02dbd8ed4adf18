const MAGIC = 0xfd2fb528
/** Skippable frames have sixteen magic numbers (RFC 8878, section 3.1.2). */
const SKIPPABLE = 0x184d2a50
const ID_SIZES = [0, 1, 2, 4]
const LENGTH_SIZES = [0, 2, 4, 8]

/**
 * Whether Zstandard data (RFC 8878) is whole frames to its last byte: a decoder may give what came
 * before a cut without a word. Looks at sizes only, not at what the blocks hold.
 */
export const wholeFrames = (bytes: Uint8Array): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at < bytes.length) {
    const end = endOfFrame(view, at)
    if (end === undefined || end > bytes.length) return false
    at = end
  }
  return at > 0
}

const endOfFrame = (view: DataView, start: number): number | undefined => {
  if (start + 8 > view.byteLength) return undefined
  const magic = view.getUint32(start, true)
  if ((magic & 0xfffffff0) === SKIPPABLE) return start + 8 + view.getUint32(start + 4, true)
  if (magic !== MAGIC) return undefined
  const flags = view.getUint8(start + 4)
  const single = (flags & 0x20) !== 0
  const lengthFlag = flags >> 6
  const lengthSize = lengthFlag === 0 && single ? 1 : LENGTH_SIZES[lengthFlag]!
  let at = start + 5 + (single ? 0 : 1) + ID_SIZES[flags & 3]! + lengthSize
  for (;;) {
    if (at + 3 > view.byteLength) return undefined
    const head = view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    // A block of one byte that repeats is one byte long, whatever size it stands for.
    const repeats = ((head >> 1) & 3) === 1
    at += 3 + (repeats ? 1 : head >> 3)
    if ((head & 1) === 1) return at + ((flags & 4) !== 0 ? 4 : 0)
  }
}
