/** Words of a list. */
export const split = (text: string): string[] => text.split(' ')

/** Base form, past and -ing form of each verb. */
export const verbs = (text: string): [string, string, string][] =>
  text.split(', ').map(each => each.split(' ') as [string, string, string])
