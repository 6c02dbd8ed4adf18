export { type ConfigSource, parseConfig } from './config/read.ts'
export type { Config } from './config/schema.ts'
export { hideSecrets, showConfig } from './config/show.ts'
