import type { ByteStore } from '../../src/core/store/byte-store.ts'

/** Adds one to the number at `counter`, as often as it takes until no other was faster. */
export const countUp = async (store: ByteStore): Promise<void> => {
  for (;;) {
    const found = await store.look('counter')
    const next = 1 + (found === undefined ? 0 : Number(new TextDecoder().decode(found.bytes)))
    if (await store.swap('counter', found?.tag ?? null, new TextEncoder().encode(`${next}`))) return
  }
}
