import { openService } from './train-service.ts'

/** The service in a process that a test may kill: `FOLDER EPOCHS`. Prints the id of its job. */
const [data, models, epochs] = process.argv.slice(2)
const service = await openService({ data: data!, models: models! } as never)
const options = { epochs: Number(epochs) }
const { id } = await service.jobs.start({ source: { file: 'shop.log' }, options })
console.log(id)
