import process from 'node:process'
import { s3Store } from '../../src/s3/s3-store.ts'
import { countUp } from '../store/count-up.ts'

const [address, options, times] = process.argv.slice(2)
const store = s3Store(address!, JSON.parse(options!))
for (let i = 0; i < Number(times); i++) await countUp(store)
process.exit(0)
