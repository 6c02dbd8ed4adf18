import type { Connection } from './connection.ts'

/** Where the pipeline is: what a restart goes on from, in the transaction of what it found. */
export interface PipelineTable {
  /** Replaces the checkpoint and all ticks; `pending` are those still to be applied after it. */
  saveCheckpoint(checkpoint: PipelineCheckpoint, pending?: readonly PipelineTick[]): void
  checkpoint(): PipelineCheckpoint | undefined
  /** A timer that fired before the message at `next` was read. */
  addTick(tick: PipelineTick): void
  /** Since the checkpoint, in order. */
  ticks(): PipelineTick[]
}

export interface PipelineCheckpoint {
  /** Offset of the first message that is not in it, by partition. */
  next: Record<string, number>
  model: { name: string; version: string }
  state: Uint8Array
  created: number
}

export interface PipelineTick {
  partition: number
  next: number
  /** Real time that went on, ms. */
  ms: number
}

interface Row {
  created: number
  next: string
  model: string
  state: Uint8Array
}

const addTick = (connection: Connection, { partition, next, ms }: PipelineTick): void => {
  connection.run('INSERT INTO ticks (partition, next, ms) VALUES (?, ?, ?)', partition, next, ms)
}

export const createPipelineTable = (connection: Connection): PipelineTable => ({
  saveCheckpoint: ({ created, next, model, state }, pending = []) =>
    connection.transaction(() => {
      connection.run(
        `INSERT INTO pipeline (one, created, next, model, state) VALUES (1, ?, ?, ?, ?)
         ON CONFLICT (one) DO UPDATE SET created = excluded.created, next = excluded.next,
           model = excluded.model, state = excluded.state`,
        created,
        JSON.stringify(next),
        JSON.stringify(model),
        state,
      )
      connection.run('DELETE FROM ticks')
      for (const tick of pending) addTick(connection, tick)
    }),
  checkpoint(): PipelineCheckpoint | undefined {
    const row = connection.get<Row>('SELECT created, next, model, state FROM pipeline')
    if (row === undefined) return undefined
    const { created, next, model, state } = row
    return { created, next: JSON.parse(next), model: JSON.parse(model), state }
  },
  addTick: tick => addTick(connection, tick),
  ticks: () =>
    connection
      .all<PipelineTick>('SELECT partition, next, ms FROM ticks ORDER BY n')
      .map(tick => ({ ...tick })),
})
