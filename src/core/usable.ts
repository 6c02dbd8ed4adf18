import * as v from 'valibot'

/** Text that `use` takes without throwing; what it throws is the fault. */
export const usable = (use: (value: string) => unknown) =>
  v.pipe(
    v.string(),
    v.minLength(1),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return
      try {
        use(dataset.value)
      } catch (error) {
        addIssue({ message: error instanceof Error ? error.message : `${error}` })
      }
    }),
  )
