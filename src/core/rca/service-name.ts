/** Tails that orchestrators and process managers put behind the name of what they run. */
const TAILS = [
  // Deployment: name-<hash of the template>-<random>, letters of both without vowels
  /^(.+)-(?=[a-z0-9]*\d)[a-f0-9]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/,
  // DaemonSet, job: name-<random>
  /^(.+)-(?=[a-z]*\d)[bcdfghjklmnpqrstvwxz2456789]{5}$/,
  // StatefulSet, numbered replicas: name-0, name_1, name.2
  /^(.+?)[-_.](?:pod|replica|instance|node|worker)?[-_]?\d{1,4}$/,
  // Containers and commits: name-<long hex>
  /^(.+)[-_.@](?=[a-f0-9]*\d)[a-f0-9]{7,64}$/,
]

/** What is put behind the name of a log's file, with what rotation adds, and a day before it. */
const FILE = /\.(?:log|txt|out|err|jsonl?|ndjson|csv)(?:[-._]\d{1,14})*$/i
const DAY = /[-_.]?(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?:[-_.T]?\d\d){0,3}$/

/** The name of a file of a log without ending, rotation and day. */
const withoutFile = (name: string): string => {
  const stem = name.replace(FILE, '')
  if (stem === name || stem === '') return name
  return stem.replace(DAY, '') || stem
}

/**
 * A pod, container, replica or file by the name of its service: without hash, random tail or number,
 * and what files are called by beside it.
 */
export const serviceOfInstance = (full: string): string => {
  const name = withoutFile(full)
  for (const tail of TAILS) {
    const match = tail.exec(name)
    if (match !== null && match[1]!.length >= 2) return match[1]!
  }
  return name
}
