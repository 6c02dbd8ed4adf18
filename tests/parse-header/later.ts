import type { MadeLayout, Maker } from './made-lines.ts'

const first = '2023-03-07T21:58:03.127Z'
const second = '2023-03-07T21:58:03.000Z'

const json = (record: Record<string, unknown>): string => JSON.stringify(record)
const quoted = (text: string): string => JSON.stringify(text)
const requests: ((of: Maker) => string)[] = [
  of => `"GET /api/v1/items/${of.int(1, 999)} HTTP/1.1" 200 ${of.int(100, 9000)} "-" "curl/7.88.1"`,
  of => `"POST /login HTTP/1.1" ${of.pick([200, 401])} ${of.int(100, 900)} "-" "Mozilla/5.0 (X11)"`,
  () => '"GET /favicon.ico HTTP/1.1" 404 153 "-" "-"',
]

/** Layouts written after the learning: how it does on what it has not been made for. */
export const later: MadeLayout[] = [
  {
    name: 'apache access',
    at: second,
    head: of => `${of.ip()} - ${of.pick(['-', 'frank'])} [${of.date('%d/%b/%Y:%H:%M:%S +0000')}] `,
    messages: requests,
  },
  {
    name: 'apache 2.4 error',
    at: first,
    level: true,
    head: of =>
      `[${of.date('%a %b %d %H:%M:%S.%F %Y')}] [${of.pick(['core', 'ssl', 'proxy', 'mpm_event'])}:${of.pick(['error', 'notice', 'warn'])}] [pid ${of.int(100, 40000)}:tid ${of.int(10000, 99999)}] `,
  },
  {
    name: 'haproxy',
    at: null,
    head: of => `${of.date('%b %e %H:%M:%S')} lb haproxy[${of.int(100, 9999)}]: `,
    messages: [
      of =>
        `${of.ip()}:${of.int(1024, 65000)} [${of.date('%d/%b/%Y:%H:%M:%S.%f')}] web~ app/srv${of.int(1, 3)} 0/0/1/${of.int(1, 99)}/90 200 612`,
      () => 'Server app/srv1 is DOWN, reason: Layer4 timeout',
    ],
  },
  {
    name: 'celery',
    at: first,
    level: true,
    head: of =>
      `[${of.date('%Y-%m-%d %H:%M:%S,%f')}: ${of.level('INFO WARNING ERROR')}/${of.pick(['MainProcess', 'ForkPoolWorker-1', 'ForkPoolWorker-2'])}] `,
  },
  {
    name: 'rails logger',
    at: first,
    level: true,
    head: of => {
      const l = of.level('INFO WARN ERROR DEBUG')
      return `${l[0]}, [${of.date('%Y-%m-%dT%H:%M:%S.%F')} #${of.int(100, 9999)}] ${l.padStart(5)} -- : `
    },
  },
  { name: 'go log', at: second, head: of => of.date('%Y/%m/%d %H:%M:%S ') },
  {
    name: 'go log with file',
    at: first,
    head: of =>
      `${of.date('%Y/%m/%d %H:%M:%S.%F')} ${of.pick(['main', 'server', 'peer'])}.go:${of.int(10, 400)}: `,
  },
  {
    name: 'rust env_logger',
    at: second,
    level: true,
    head: of =>
      `[${of.date('%Y-%m-%dT%H:%M:%SZ')} ${of.level().padEnd(5)} ${of.pick(['my_app', 'my_app::db', 'hyper::proto::h1'])}] `,
  },
  {
    name: 'rust tracing',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%dT%H:%M:%S.%FZ')} ${of.level().padStart(5)} ${of.pick(['my_app', 'my_app::db', 'tower_http::trace'])}: `,
  },
  {
    name: 'zap console',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%dT%H:%M:%S.%f+0000')}\t${of.level()}\t${of.pick(['raft', 'etcd', 'wal'])}\t${of.pick(['raft/node', 'wal/wal'])}.go:${of.int(1, 500)}\t`,
  },
  {
    name: 'zap json',
    at: first,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      json({
        level: of.level('info warn error debug'),
        ts: of.time / 1000,
        caller: 'a/b.go:12',
        msg: m,
        shard: of.int(1, 9),
      }),
  },
  {
    name: 'zerolog json',
    at: second,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      json({ level: of.level('info warn error'), time: of.date('%Y-%m-%dT%H:%M:%SZ'), message: m }),
  },
  {
    name: 'pino json',
    at: first,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      json({ level: of.pick([30, 40, 50]), time: of.time, pid: 12, hostname: 'h', msg: m }),
  },
  {
    name: 'mongodb json',
    at: first,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      json({
        t: { $date: of.date('%Y-%m-%dT%H:%M:%S.%f+00:00') },
        s: of.pick(['I', 'I', 'W', 'E']),
        c: of.pick(['NETWORK', 'STORAGE']),
        id: of.int(20000, 5000000),
        ctx: `conn${of.int(1, 99)}`,
        msg: m,
        attr: { n: of.int(1, 9) },
      }),
  },
  {
    name: 'ecs json',
    at: first,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      json({
        '@timestamp': of.date('%Y-%m-%dT%H:%M:%S.%fZ'),
        'log.level': of.level(),
        message: m,
        'ecs.version': '1.2.0',
        'process.thread.name': 'main',
        'log.logger': 'com.acme.X',
      }),
  },
  {
    name: 'docker json',
    at: first,
    head: () => '',
    wrap: (of, m) =>
      json({ log: `${m}\n`, stream: 'stdout', time: of.date('%Y-%m-%dT%H:%M:%S.%NZ') }),
  },
  {
    name: 'docker json of a java program',
    at: first,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      json({
        log: `${of.date('%Y-%m-%d %H:%M:%S.%f')} ${of.level().padEnd(5)} [main] com.acme.${of.pick(['A', 'B'])} - ${m}\n`,
        stream: 'stdout',
        time: of.date('%Y-%m-%dT%H:%M:%S.%NZ'),
      }),
  },
  {
    name: 'otel log record',
    at: first,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      json({
        resourceLogs: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: 'cart' } }] },
            scopeLogs: [
              {
                scope: {},
                logRecords: [
                  {
                    timeUnixNano: of.date('%s%N'),
                    severityNumber: 9,
                    severityText: 'INFO',
                    body: { stringValue: m },
                    attributes: [],
                    traceId: of.hex(32),
                  },
                ],
              },
            ],
          },
        ],
      }),
  },
  {
    name: 'journal json',
    at: first,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      json({
        __CURSOR: of.hex(20),
        __REALTIME_TIMESTAMP: `${of.time}000`,
        PRIORITY: String(of.int(3, 6)),
        _PID: '12',
        SYSLOG_IDENTIFIER: of.pick(['cron', 'sshd']),
        MESSAGE: m,
      }),
  },
  {
    name: 'logfmt',
    at: first,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      `time=${of.date('%Y-%m-%dT%H:%M:%S.%fZ')} level=${of.level('info warn error')} source=main.go:${of.int(1, 99)} msg=${quoted(m)} component=${of.pick(['tsdb', 'rules'])}`,
  },
  {
    name: 'logfmt of logrus',
    at: second,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      `time="${of.date('%Y-%m-%dT%H:%M:%SZ')}" level=${of.level('info warning error')} msg=${quoted(m)} id=${of.hex(8)}`,
  },
  {
    name: 'cri of klog',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%dT%H:%M:%S.%NZ')} stderr F ${of.pick('IIWE'.split(''))}${of.date('%m%d %H:%M:%S.%F')} ${String(of.int(1, 9)).padStart(7)} ${of.pick(['reflector', 'proxier'])}.go:${of.int(10, 999)}] `,
  },
  {
    name: 'cri of json',
    at: first,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      `${of.date('%Y-%m-%dT%H:%M:%S.%NZ')} stdout F ${json({ level: of.level('info error'), ts: of.date('%Y-%m-%dT%H:%M:%S.%fZ'), msg: m })}`,
  },
  {
    name: 'syslog with json',
    at: null,
    level: true,
    head: () => '',
    wrap: (of, m) =>
      `${of.date('%b %e %H:%M:%S')} node7 api[${of.int(1, 999)}]: ${json({ level: of.level('info error'), msg: m, id: of.int(1, 99) })}`,
  },
  {
    name: 'envoy',
    at: first,
    level: true,
    head: of =>
      `[${of.date('%Y-%m-%d %H:%M:%S.%f')}][${of.int(1, 60)}][${of.pick(['info', 'debug', 'warning'])}][${of.pick(['main', 'upstream', 'conn_handler'])}] [source/common/${of.pick(['a', 'b'])}.cc:${of.int(1, 900)}] `,
  },
  {
    name: 'dpkg',
    at: second,
    head: of => of.date('%Y-%m-%d %H:%M:%S '),
    messages: [
      of => `status installed lib${of.hex(3)}:amd64 1.${of.int(0, 9)}-2`,
      of => `install lib${of.hex(3)}:amd64 <none> 1.2-1`,
      () => 'startup archives unpack',
      of => `trigproc man-db:amd64 2.${of.int(1, 9)} <none>`,
    ],
  },
  {
    name: 'loguru',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%d %H:%M:%S.%f')} | ${of.level('INFO WARNING ERROR SUCCESS DEBUG').padEnd(8)} | ${of.pick(['__main__', 'app.db'])}:${of.pick(['run', 'main'])}:${of.int(1, 300)} - `,
  },
  {
    name: 'tornado',
    at: second,
    level: true,
    head: of =>
      `[${of.pick('IWE'.split(''))} ${of.date('%y%m%d %H:%M:%S')} ${of.pick(['web', 'ioloop', 'log'])}:${of.int(10, 999)}] `,
  },
  {
    name: 'uvicorn',
    at: null,
    level: true,
    head: of => `${`${of.level('INFO WARNING ERROR')}:`.padEnd(10)}`,
  },
  {
    name: 'gunicorn',
    at: second,
    level: true,
    head: of =>
      `[${of.date('%Y-%m-%d %H:%M:%S +0000')}] [${of.int(1, 99)}] [${of.level('INFO ERROR WARNING DEBUG')}] `,
  },
  {
    name: 'openstack',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%d %H:%M:%S.%f')} ${of.int(1000, 30000)} ${of.level('INFO WARNING ERROR')} ${of.pick(['nova.compute.manager', 'neutron.agent.l3', 'cinder.volume'])} [${of.pick(['-', `req-${of.uuid()} ${of.hex(32)} - - -`])}] `,
  },
  {
    name: 'glog',
    at: null,
    level: true,
    head: of =>
      `${of.pick('IIWE'.split(''))}${of.date('%Y%m%d %H:%M:%S.%F')} ${of.int(100, 99999)} ${of.pick(['master', 'slave'])}.cpp:${of.int(1, 2000)}] `,
  },
  {
    name: 'kafka',
    at: first,
    level: true,
    head: of => `[${of.date('%Y-%m-%d %H:%M:%S,%f')}] ${of.level('INFO WARN ERROR')} `,
    messages: [
      of => `[KafkaServer id=${of.int(0, 2)}] started (kafka.server.KafkaServer)`,
      of =>
        `[GroupCoordinator ${of.int(0, 2)}]: Stabilized group g${of.int(1, 9)} generation ${of.int(1, 99)} (kafka.coordinator.group.GroupCoordinator)`,
      of => `Created log for partition t-${of.int(0, 50)} in /tmp/kafka (kafka.log.LogManager)`,
      () =>
        'Registered signal handlers for TERM, INT, HUP (org.apache.kafka.common.utils.LoggingSignalHandler)',
    ],
  },
  {
    name: 'wildfly',
    at: null,
    level: true,
    head: of =>
      `${of.date('%H:%M:%S,%f')} ${of.level().padEnd(5)} [${of.pick(['org.jboss.as', 'org.wildfly.io', 'o.j.modules'])}] (${of.pick(['MSC service thread 1-4', 'ServerService Thread Pool -- 21'])}) `,
  },
  {
    name: 'tomcat juli',
    at: first,
    level: true,
    head: of =>
      `${of.date('%d-%b-%Y %H:%M:%S.%f')} ${of.level('INFO WARNING SEVERE')} [${of.pick(['main', 'http-nio-8080-exec-3'])}] org.apache.catalina.${of.pick(['startup.Catalina.start', 'core.StandardService.stop'])} `,
  },
  {
    name: 'semicolon csv',
    at: second,
    level: true,
    head: of =>
      `${of.date('%d.%m.%Y;%H:%M:%S')};${of.level('INFO WARN ERROR')};PLC${of.int(1, 6)};`,
  },
  {
    name: 'american with half days',
    at: second,
    level: true,
    head: of => `${of.date('%m/%d/%Y %I:%M:%S %p')} - ${of.level('INFO WARN ERROR')} - `,
  },
  {
    name: 'syslog-ng with year and level',
    at: second,
    level: true,
    head: of =>
      `${of.date('%Y %b %e %H:%M:%S')} fw-${of.int(1, 2)} daemon.${of.pick(['info', 'warning', 'err'])} ${of.pick(['ntpd', 'dhcpd'])}[${of.int(1, 9999)}]: `,
  },
  {
    name: 'minecraft',
    at: null,
    level: true,
    head: of =>
      `[${of.date('%H:%M:%S')}] [${of.pick(['Server thread', 'Worker-Main-2', 'main'])}/${of.level('INFO WARN ERROR')}]: `,
  },
  {
    name: 'squid',
    at: first,
    head: of => `${of.date('%s.%f')} ${String(of.int(1, 900)).padStart(6)} ${of.ip()} `,
    messages: [
      of =>
        `TCP_MISS/200 ${of.int(100, 9999)} GET http://a.example/x - HIER_DIRECT/1.2.3.4 text/html`,
      of => `TCP_DENIED/403 ${of.int(100, 9999)} CONNECT b.example:443 - HIER_NONE/- text/html`,
    ],
  },
  {
    name: 'job scheduler',
    at: second,
    head: of => `${of.date('%m/%d/%Y %H:%M:%S')};0008;PBS_Server;Job;${of.int(1, 9999)}.head;`,
  },
  { name: 'slurm', at: first, head: of => `[${of.date('%Y-%m-%dT%H:%M:%S.%f')}] ` },
  {
    name: 'android studio logcat',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%d %H:%M:%S.%f')} ${of.int(100, 9999)}-${of.int(100, 9999)}/com.acme.app ${of.pick('DIWE'.split(''))}/${of.pick(['Activity', 'NetStack'])}: `,
  },
  {
    name: 'iis',
    at: second,
    head: of => `${of.date('%Y-%m-%d %H:%M:%S')} `,
    messages: [
      of => `10.0.0.1 GET /index.htm - 80 - ${of.ip()} Mozilla/5.0 200 0 0 ${of.int(1, 99)}`,
      of =>
        `10.0.0.1 POST /api/x id=${of.int(1, 99)} 443 bob ${of.ip()} curl/8 500 0 0 ${of.int(1, 99)}`,
    ],
  },
  {
    name: 'bracketed thread id and colons',
    at: first,
    level: true,
    head: of => `${of.date('%Y%m%d %H%M%S.%f')} [0x${of.hex(4)}] ${of.level('INFO WARN ERROR')}: `,
  },
]
