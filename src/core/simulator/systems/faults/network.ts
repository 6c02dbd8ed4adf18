import type { Random } from '../../random.ts'
import type { System } from '../plan.ts'
import type { LinkTrouble } from '../run/world.ts'
import {
  callSites,
  type Expected,
  type Fault,
  type FaultMaker,
  isNamed,
  showsRequests,
} from './fault.ts'

/** Trouble on all links of a service, or on one between two. */
const troubled = (
  system: System,
  random: Random,
  { least }: Expected,
  trouble: Pick<LinkTrouble, 'delayMs' | 'loss'>,
  words: string,
): Fault | undefined => {
  const sites = callSites(system).filter(({ service, operation, step }) => {
    const callee = system.services.find(({ name }) => name === step.call.to)!
    const isSeen =
      (showsRequests(callee) && callee.tracing !== 'none') || isNamed(system, callee.name, 'slow')
    return operation.rate >= least && callee.role !== 'outside' && service.logs && isSeen
  })
  if (sites.length === 0) return undefined
  const { service, step } = random.pick(sites)
  const [from, to] = [service.name, step.call.to]
  const isLink = random.next() < 0.35
  const link: LinkTrouble = {
    ...trouble,
    fits: (a, b) => {
      const [x, y] = [a?.service.name, b.service.name]
      return isLink
        ? (x === from && y === to) || (x === to && y === from)
        : (x === to) !== (y === to)
    },
  }
  return {
    service: to,
    ...(isLink && { alike: [from] }),
    about: isLink ? `${words} between ${from} and ${to}` : `${words} on all links of ${to}`,
    begin: world => {
      world.links.push(link)
    },
    end: world => {
      world.links.splice(world.links.indexOf(link), 1)
    },
  }
}

export const networkDelay: FaultMaker = (system, random, expected) => {
  const delayMs = random.pick([60, 150, 400])
  return troubled(system, random, expected, { delayMs, loss: 0 }, `${delayMs} ms of delay`)
}

export const packetLoss: FaultMaker = (system, random, expected) => {
  const loss = random.pick([0.15, 0.3])
  return troubled(system, random, expected, { delayMs: 0, loss }, `${100 * loss} % loss`)
}
