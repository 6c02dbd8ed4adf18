import type { Language } from './language.ts'
import { portManners } from './port-manners.ts'
import { split, verbs } from './split.ts'

/** Held out: looked at for final figures only. */
export const portLanguage: Language = {
  manners: portManners,
  nouns: split(
    'berth vessel cargo manifest pilotage tide crane pallet hull voyage customs container harbor tug ' +
      'anchor freight quay beacon buoy escort mooring permit stowage transit waybill inspection convoy ' +
      'dredge ferry hold keel ladder marina outpost pier ration salvage tonnage',
  ),
  verbs: verbs(
    'berth berthed berthing, weigh weighed weighing, clear cleared clearing, tow towed towing, ' +
      'dispatch dispatched dispatching, inspect inspected inspecting, seal sealed sealing, ' +
      'unload unloaded unloading, route routed routing, declare declared declaring, ' +
      'measure measured measuring, charter chartered chartering, stamp stamped stamping, ' +
      'shift shifted shifting, audit audited auditing, moor moored mooring',
  ),
  names: split(
    'berthing tides cranes manifests customs pilotage waybills convoys stowage inspections mooring ' +
      'freight ferries tonnage permits escorts salvage anchorage quays beacons rations hulls voyages ' +
      'dredging marina transit outposts ladders keel holds tugs lookout signals dockmaster pursers ' +
      'bunkering chandlery provisions weather charts',
  ),
  nameForms: ['<name>', 'port_<name>', '<name>_srv', '<name>-worker', 'hbr-<name>'],
  instanceForms: ['<name>-<i>', '<name>_<i1>', '<name>-<hash>-<rand>'],
  peerForms: ['<name>', '<name>:<port>', 'http://<name>'],
  outside: split('tidewatch seabank lloydreg customs-gov satlink meteoport'),
  outsideForms: ['<name>', 'https://<name>/rpc'],
  databases: split('mariadb portdb tsdb-main cockroach registry-db'),
  caches: split('keydb dragonfly edge-cache varnish'),
  brokers: split('nats pulsar celery-mq activemq'),
  classes: split('Policy Desk Planner Gate Broker Ledger Watcher Worker Form Tally'),
  syllables: split('pel mar hav ost dun kri bal vec yol ith'),
  reasons: [
    {
      timeout: 'HTTPConnectionPool: read timeout',
      refused: 'Errno 111',
      reset: 'Remote end closed connection without response',
      busy: 'HTTP 503',
      failed: 'HTTP 500',
      rejected: 'HTTP 422',
      denied: 'HTTP 401',
      pool: 'QueuePool timeout',
      disk: 'Errno 28',
      open: 'fenced',
    },
    {
      timeout: 'the reply did not come',
      refused: 'nobody was there',
      reset: 'the line went dead',
      busy: 'all clerks were engaged',
      failed: 'the other office had a fault',
      rejected: 'the form was not accepted',
      denied: 'the pass was not valid',
      pool: 'no channel was free',
      disk: 'the cabinet is full',
      open: 'inquiries are suspended',
    },
    {
      timeout: 'DEADLINE_EXCEEDED',
      refused: 'UNAVAILABLE',
      reset: 'CANCELLED',
      busy: 'RESOURCE_EXHAUSTED',
      failed: 'INTERNAL',
      rejected: 'INVALID_ARGUMENT',
      denied: 'UNAUTHENTICATED',
      pool: 'NO_CONNECTION',
      disk: 'STORAGE_FULL',
      open: 'CIRCUIT_OPEN',
    },
  ],
  words: split(
    'alpha bravo delta foxtrot golf kilo lima oscar sierra tango bulk reefer tanker barge inbound ' +
      'outbound bonded duty free ballast',
  ),
}
