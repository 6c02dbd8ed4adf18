import process from 'node:process'
import { folderStore } from '../../src/platform/files.ts'
import { countUp } from './count-up.ts'

const [root, times] = process.argv.slice(2)
const store = folderStore(root!)
for (let i = 0; i < Number(times); i++) await countUp(store)
