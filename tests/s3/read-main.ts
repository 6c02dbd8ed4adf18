import { s3Logs } from '../../src/s3/s3-logs.ts'

/**
 * Reads one object at a slow reader's pace, in a process that holds nothing else; prints how many
 * bytes it had, and by how many the process grew at most: `read-main.ts OPTIONS ADDRESS`.
 */
const [options, address] = process.argv.slice(2)
const logs = s3Logs(JSON.parse(options!))
const [object] = await logs.find(address!)
const before = process.memoryUsage().rss
let read = 0
let most = 0
for await (const chunk of logs.open(object!)) {
  read += chunk.length
  most = Math.max(most, process.memoryUsage().rss - before)
  // What comes meanwhile waits in the network.
  if (read % (8 * 2 ** 20) < chunk.length) await Bun.sleep(20)
}
console.log(JSON.stringify({ read, most }))
process.exit(0)
