/** A benchmark: prints figures to stdout; never part of the tests. */
export interface Bench {
  name: string
  about: string
  /** `args` are the words after the benchmark's name on the command line. */
  run(args: string[]): Promise<void>
}
