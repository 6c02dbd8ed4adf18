import { devManners } from './dev-manners.ts'
import type { Language } from './language.ts'
import { split, verbs } from './split.ts'

/** The wording of the systems that the analysis is built on. */
export const devLanguage: Language = {
  manners: devManners,
  nouns: split(
    'order basket parcel refund coupon invoice account profile review seat train route ticket driver ' +
      'vehicle tariff meter reading claim policy patient bed slot recipe menu table booking guest room ' +
      'song album playlist photo comment thread post follower badge course lesson exam grade lease ' +
      'tenant listing bid auction lot wallet transfer ledger card statement quota license device sensor',
  ),
  verbs: verbs(
    'create created creating, load loaded loading, check checked checking, price priced pricing, ' +
      'reserve reserved reserving, confirm confirmed confirming, cancel cancelled cancelling, ' +
      'merge merged merging, assign assigned assigning, update updated updating, find found finding, ' +
      'validate validated validating, export exported exporting, archive archived archiving, ' +
      'publish published publishing, approve approved approving, rank ranked ranking, ' +
      'resolve resolved resolving, sign signed signing, score scored scoring, pack packed packing',
  ),
  names: split(
    'orders basket shipping refunds promo billing accounts profiles reviews seating trains routes ' +
      'tickets drivers fleet tariffs metering claims policies patients wards kitchen menus bookings ' +
      'guests rooms catalog music media comments feed social badges courses exams leasing tenants ' +
      'listings auctions wallet transfers ledger cards statements quotas licensing devices sensors ' +
      'search notify reports identity sessions geo pricing stock planner matching risk audit rewards',
  ),
  nameForms: ['<name>', '<name>-service', '<name>-svc', 'svc-<name>', '<name>-api', 'app.<name>'],
  instanceForms: ['<name>-<hash>-<rand>', '<name>-<i>', '<name>-<i1>'],
  peerForms: ['<name>', '<name>', '<name>:<port>', 'http://<name>:<port>'],
  outside: split(
    'paystream.example mapgrid.example api.smsbridge.example idcheck.example fxrates.example ' +
      'weatherbox.example mailcannon.example taxtable.example',
  ),
  outsideForms: ['<name>', 'https://<name>/v2'],
  databases: split(
    'postgres-main mysql-core orders-db maindb pg-shard pgdata sqlstore accounts-db',
  ),
  caches: split('redis session-cache memcached hotcache redis-shared'),
  brokers: split('rabbit kafka eventbus broker mq-main'),
  classes: split(
    'Handler Manager Service Controller Repository Mapper Validator Resolver Dispatcher Processor Client Adapter',
  ),
  syllables: split('ka lo mi ter van dor sel qua rin bex tol fen gar shi nu pra'),
  reasons: [
    {
      timeout: 'Read timed out',
      refused: 'Connection refused',
      reset: 'Connection reset',
      busy: '503 Service Unavailable',
      failed: '500 Internal Server Error',
      rejected: '400 Bad Request',
      denied: '401 Unauthorized',
      pool: 'Connection is not available',
      disk: 'No space left on device',
      open: 'circuit is open',
    },
    {
      timeout: 'context deadline exceeded',
      refused: 'dial tcp: connect: connection refused',
      reset: 'unexpected EOF',
      busy: 'server overloaded',
      failed: 'remote error',
      rejected: 'invalid argument',
      denied: 'authentication failed',
      pool: 'pool exhausted',
      disk: 'write: no space left on device',
      open: 'circuit breaker open',
    },
    {
      timeout: 'ETIMEDOUT',
      refused: 'ECONNREFUSED',
      reset: 'ECONNRESET',
      busy: 'status 503',
      failed: 'status 500',
      rejected: 'status 422',
      denied: 'status 403',
      pool: 'acquire timeout',
      disk: 'ENOSPC',
      open: 'breaker',
    },
    {
      timeout: 'no answer in time',
      refused: 'host not reachable',
      reset: 'connection closed by peer',
      busy: 'too busy',
      failed: 'other side reported an error',
      rejected: 'request not accepted',
      denied: 'access denied for this user',
      pool: 'no free connection',
      disk: 'disk is full',
      open: 'paused',
    },
  ],
  words: split(
    'standard express gold silver north south east west pending active closed draft email phone city zip ' +
      'amount colour weight web mobile kiosk partner manual auto default primary secondary',
  ),
}
