import { readFile } from 'node:fs/promises'
import { type Config, parseConfig } from '../config.ts'
import { LogbertError } from '../core/errors.ts'
import { pathError } from '../platform/files.ts'
import type { Io } from './command.ts'

export const CONFIG_FILE = 'config/config.yaml'

interface Given {
  /** The file that was named; `config/config.yaml`, if it is there, when none was. */
  file?: string
  env: Io['env']
  /** Values of options by their keys; they win over all else. */
  options?: Record<string, string | undefined>
}

/**
 * The configuration of a command line: options win over the environment, that over the file.
 * @throws LogbertError BAD_CONFIG naming every fault
 */
export const readConfig = async ({ file, env, options = {} }: Given): Promise<Config> => {
  const path = file ?? CONFIG_FILE
  const yaml = await readFile(path, 'utf8').catch(cause => {
    if (file === undefined && cause.code === 'ENOENT') return ''
    const { message } = pathError('reading the configuration', path, cause)
    throw new LogbertError('BAD_CONFIG', message, { cause })
  })
  return parseConfig({ yaml, file: path, env, options })
}
