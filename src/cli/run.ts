import { parseArgs } from 'node:util'
import { LogbertError } from '../core/errors.ts'
import { type Command, EXIT, type Io, type Values } from './command.ts'

/**
 * Runs one command line and gives its exit code. Data goes to stdout; errors and progress to stderr.
 */
export const runCommand = async (
  commands: readonly Command[],
  args: readonly string[],
  io: Io,
): Promise<number> => {
  const [name = 'help', ...rest] = args
  if (name === 'help' || name === '--help' || name === '-h') {
    const command = commands.find(each => each.name === rest[0])
    await io.out(command?.help ?? overview(commands))
    return EXIT.ok
  }
  const command = commands.find(each => each.name === name)
  if (command === undefined) {
    io.err(`logbert: there is no command '${name}'\n\n${overview(commands)}`)
    return EXIT.usage
  }
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    })
    if (values.help === true) {
      await io.out(command.help)
      return EXIT.ok
    }
    return await command.run(values as Values, positionals, io)
  } catch (error) {
    return report(error, command.name, io)
  }
}

const report = (error: unknown, name: string, io: Io): number => {
  const code = (error as { code?: string } | null)?.code ?? ''
  const message = error instanceof Error ? error.message : `${error}`
  if (code.startsWith('ERR_PARSE_ARGS')) {
    io.err(`logbert ${name}: ${message}\nlogbert ${name} --help lists the options\n`)
    return EXIT.usage
  }
  if (error instanceof LogbertError) {
    io.err(`logbert ${name}: ${message}\n`)
    return error.code === 'BAD_CONFIG' ? EXIT.usage : EXIT.failure
  }
  io.err(`logbert ${name}: ${error instanceof Error ? (error.stack ?? message) : message}\n`)
  return EXIT.failure
}

const overview = (commands: readonly Command[]): string => `logbert: finds what is odd in logs

  logbert COMMAND [OPTIONS] FILE…      logbert COMMAND --help

${commands.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}

FILE may be plain, .gz or .zst (told by content); - is standard input. Nothing is sent anywhere but
by replay, to the server that you name.
Data goes to stdout; progress, notes and errors go to stderr. With --json stdout holds one JSON
object a line and nothing else.

Exit codes: 0 done; 1 it failed (message on stderr); 2 wrong usage or configuration;
            3 anomalies were found (only with score --exit-code); 130 stopped by Ctrl-C
`
