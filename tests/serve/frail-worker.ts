/** The real pipeline in a thread that ends when a line of this text is scored. */
import '../../src/serve/pipeline/worker.ts'

declare const self: Worker

const hear = self.onmessage!
self.onmessage = event => {
  const { type, lines = [] } = event.data as { type: string; lines?: { text: string }[] }
  if (type === 'infer' && lines[0]?.text === 'throw') throw new Error('struck by lightning')
  if (type === 'infer' && lines[0]?.text === 'exit') process.exit(0)
  hear.call(self, event)
}
