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

/** A pod, container or replica by the name of its service: without hash, random tail or number. */
export const serviceOfInstance = (name: string): string => {
  for (const tail of TAILS) {
    const match = tail.exec(name)
    if (match !== null && match[1]!.length >= 2) return match[1]!
  }
  return name
}
