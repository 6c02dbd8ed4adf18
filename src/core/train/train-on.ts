import { LogbertError } from '../errors.ts'
import type { SequenceSet } from '../sequence/sequence-set.ts'
import type { Checkpoint, CheckpointStore } from './checkpoint.ts'
import { type TrainedLogbert, type TrainOptions, trainLogbert } from './trainer.ts'

export interface TrainOnOptions extends Omit<TrainOptions, 'resume' | 'onCheckpoint'> {
  checkpoints?: CheckpointStore | undefined
  /** Which network of this learning it is, from 1. */
  number: number
  /** It goes on from a checkpoint after so many epochs; 0: the one that is there is of no use. */
  onResume?: (epochs: number) => void
}

/**
 * Trains LogBERT, going on from where an earlier try was cut off. A checkpoint of other sessions or
 * settings is no fault: the training begins anew.
 * @throws LogbertError as `trainLogbert`
 */
export const trainOn = async (
  set: SequenceSet,
  options: TrainOnOptions,
): Promise<TrainedLogbert> => {
  const { checkpoints, number, onResume, ...training } = options
  if (checkpoints === undefined) return trainLogbert(set, training)
  const onCheckpoint = (checkpoint: Checkpoint) => checkpoints.save(number, checkpoint)
  const resume = await checkpoints.load(number)
  if (resume === undefined) return trainLogbert(set, { ...training, onCheckpoint })
  try {
    onResume?.(resume.epoch)
    return await trainLogbert(set, { ...training, onCheckpoint, resume })
  } catch (error) {
    if (!(error instanceof LogbertError) || error.code !== 'BAD_INPUT') throw error
    onResume?.(0)
    return trainLogbert(set, { ...training, onCheckpoint })
  }
}
