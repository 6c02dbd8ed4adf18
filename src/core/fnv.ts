const PRIME = 0x0000000001000000000000000000013bn
const OFFSET = 0x6c62272e07bb014262b821756295c58dn
const MASK = (1n << 128n) - 1n

/**
 * FNV-1a, 128 bits (Fowler, Noll, Vo; RFC 9923) of the UTF-8 bytes of `text`, as 32 hex digits.
 * Synchronous and the same on every runtime; for identity, not for security.
 */
export const fnv1a128 = (text: string): string => {
  let hash = OFFSET
  for (const byte of new TextEncoder().encode(text)) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK
  return hash.toString(16).padStart(32, '0')
}
