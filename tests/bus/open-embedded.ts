import { createEmbeddedBus } from '../../src/bus/embedded.ts'

/** For child processes of the contract suite. */
export const open = async (place: string) => createEmbeddedBus({ file: place })
