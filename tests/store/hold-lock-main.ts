import { withLock } from '../../src/platform/file-lock.ts'

/** Takes the lock of a folder, says so, and keeps it until it is killed. */
await withLock(process.argv[2]!, () => {
  process.stdout.write('held\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})
