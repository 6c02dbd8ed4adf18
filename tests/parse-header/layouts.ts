import type { MadeLayout, Maker } from './made-lines.ts'

const first = '2023-03-07T21:58:03.127Z'
const second = '2023-03-07T21:58:03.000Z'

const java = (of: Maker): string =>
  of.pick([
    'org.apache.x.yarn.Client',
    'org.apache.x.hdfs.Server',
    'o.a.x.net.Topology',
    'com.acme.Main',
  ])
const thread = (of: Maker): string =>
  of.pick([
    'main',
    `worker-${of.int(1, 30)}`,
    `RMCommunicator Allocator`,
    `IPC Server handler ${of.int(0, 30)} on 62260`,
  ])

/** Layouts known when the learning was written. */
export const layouts: MadeLayout[] = [
  {
    name: 'log4j with thread',
    at: first,
    level: true,
    head: of => `${of.date('%Y-%m-%d %H:%M:%S,%f')} ${of.level()} [${thread(of)}] ${java(of)}: `,
  },
  {
    name: 'logback default',
    at: null,
    level: true,
    head: of => `${of.date('%H:%M:%S.%f')} [${thread(of)}] ${of.level().padEnd(5)} ${java(of)} - `,
  },
  {
    name: 'spring boot',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%dT%H:%M:%S.%fZ')} ${of.level().padStart(5)} 4711 --- [${of.pick(['main', 'nio-8080-exec-1', 'scheduling-1']).padStart(15)}] ${java(of).padEnd(40)} : `,
  },
  {
    name: 'python logging',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%d %H:%M:%S,%f')} - ${of.pick(['app.db', 'app.web', '__main__'])} - ${of.level('INFO WARNING ERROR DEBUG')} - `,
  },
  {
    name: 'python basicConfig',
    at: null,
    level: true,
    head: of =>
      `${of.level('INFO WARNING ERROR DEBUG')}:${of.pick(['root', 'app.db', 'urllib3.pool'])}:`,
  },
  {
    name: 'sshd in auth.log',
    at: null,
    head: of => `${of.date('%b %e %H:%M:%S')} bastion sshd[${of.int(800, 30000)}]: `,
  },
  {
    name: 'syslog of many programs',
    at: null,
    head: of =>
      `${of.date('%b %e %H:%M:%S')} web-0${of.int(1, 4)} ${of.pick([`cron[${of.int(1, 999)}]`, 'kernel', `systemd[1]`, `postfix/smtpd[${of.int(1, 9999)}]`, 'dhclient'])}: `,
  },
  {
    name: 'rfc3164 with priority',
    at: null,
    level: true,
    head: of => `<${of.int(8, 190)}>${of.date('%b %e %H:%M:%S')} gw01 app[${of.int(100, 9999)}]: `,
  },
  {
    name: 'rfc5424',
    at: first,
    level: true,
    head: of =>
      `<${of.int(8, 190)}>1 ${of.date('%Y-%m-%dT%H:%M:%S.%fZ')} edge-${of.int(1, 3)} evntslog ${of.pick(['-', '812'])} ID${of.int(1, 99)} ${of.pick(['-', '[ex@32473 iut="3" src="App [x\\]"]', '[a@1 b="c"][d@2 e="f"]'])} `,
  },
  {
    name: 'iso syslog',
    at: '2023-03-07T20:58:03.127Z',
    head: of =>
      `${of.date('%Y-%m-%dT%H:%M:%S.%F+01:00')} mx1 ${of.pick(['postfix/qmgr', 'postfix/smtpd', 'dovecot'])}[${of.int(1, 32000)}]: `,
  },
  {
    name: 'windows servicing',
    at: second,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%d %H:%M:%S')}, ${of.pick(['Info', 'Info', 'Warning', 'Error']).padEnd(22)}${of.pick(['CBS', 'CSI', 'DPX'])}    `,
  },
  {
    name: 'mac system.log',
    at: null,
    head: of =>
      `${of.date('%b %e %H:%M:%S')} ${of.pick(['studio-mac', 'dhcp-10-1-2-3'])} ${of.pick(['kernel[0]', `com.apple.xpc.launchd[1] (com.apple.quicklook[${of.int(1, 900)}])`, `Google Chrome[${of.int(1, 999)}]`, `corecaptured[${of.int(1, 900)}]`])}: `,
  },
  {
    name: 'pipes of a phone app',
    at: '2023-03-07T21:58:03.127Z',
    head: of =>
      `${of.date('%Y%m%d-%H:%M:%S:%f')}|${of.pick(['Step_Counter', 'Heart_Rate', 'Sync_Util'])}|30002312|`,
  },
  {
    name: 'proxy with bracketed date',
    at: null,
    head: of =>
      `[${of.date('%m.%d %H:%M:%S')}] ${of.pick(['chrome.exe', 'chrome.exe *64', 'svchost.exe', 'mail.exe'])} - `,
  },
  {
    name: 'cluster with node column',
    at: second,
    head: of =>
      `${of.int(10000, 400000)} node-${of.int(0, 255)} ${of.pick(['unix.hw', 'boot_cmd', 'clusterfs'])} ${of.pick(['state_change.unavailable', 'net.error', 'start'])} ${of.date('%s')} ${of.pick([1, 1, 0])} `,
  },
  {
    name: 'supercomputer with syslog inside',
    at: second,
    head: of =>
      `- ${of.date('%s %Y.%m.%d')} dn${of.int(1, 900)} ${of.date('%b %D %H:%M:%S')} dn${of.int(1, 900)}/dn12 ${of.pick([`crond(pam_unix)[${of.int(1, 9999)}]`, 'kernel', `ntpd[${of.int(1, 9999)}]`])}: `,
  },
  {
    name: 'cisco asa',
    at: second,
    head: of => `${of.date('%b %d %Y %H:%M:%S')}: %ASA-${of.int(1, 7)}-${of.int(100000, 730000)}: `,
  },
  {
    name: 'mysql error log',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%dT%H:%M:%S.%FZ')} ${of.int(0, 90)} [${of.pick(['Note', 'Warning', 'ERROR', 'System'])}] [MY-0${of.int(10000, 14000)}] [${of.pick(['Server', 'InnoDB', 'Repl'])}] `,
  },
  {
    name: 'old mongodb',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%dT%H:%M:%S.%f+0000')} ${of.pick('IIIIWED'.split(''))} ${of.pick(['NETWORK', 'STORAGE', '-', 'COMMAND']).padEnd(8)} [${of.pick(['initandlisten', `conn${of.int(1, 400)}`])}] `,
  },
  {
    name: 'redis',
    at: first,
    head: of =>
      `${of.int(1, 9)}:${of.pick('MSXC'.split(''))} ${of.date('%d %b %Y %H:%M:%S.%f')} ${of.pick(['*', '#', '-'])} `,
  },
  {
    name: 'elasticsearch',
    at: first,
    level: true,
    head: of =>
      `[${of.date('%Y-%m-%dT%H:%M:%S,%f')}][${of.level('INFO WARN ERROR DEBUG').padEnd(5)}][${of.pick(['o.e.c.r.a.AllocationService', 'o.e.n.Node', 'o.e.t.TransportService']).padEnd(25)}] [node-${of.int(1, 3)}] `,
  },
  {
    name: 'rabbitmq',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%d %H:%M:%S.%F+00:00')} [${of.pick(['info', 'warning', 'error', 'debug'])}] <0.${of.int(100, 9000)}.0> `,
  },
  {
    name: 'nginx error',
    at: second,
    level: true,
    head: of =>
      `${of.date('%Y/%m/%d %H:%M:%S')} [${of.pick(['error', 'warn', 'notice', 'crit'])}] ${of.int(20, 40)}#${of.int(20, 40)}: `,
  },
  {
    name: 'postgresql',
    at: first,
    level: true,
    head: of =>
      `${of.date('%Y-%m-%d %H:%M:%S.%f UTC')} [${of.int(20, 4000)}] ${of.pick(['LOG', 'ERROR', 'FATAL', 'STATEMENT', 'WARNING'])}:  `,
  },
  {
    name: 'klog',
    at: null,
    level: true,
    head: of =>
      `${of.pick('IIIWEF'.split(''))}${of.date('%m%d %H:%M:%S.%F')} ${String(of.int(1, 9)).padStart(7)} ${of.pick(['controller', 'server', 'kubelet_node'])}.go:${of.int(10, 999)}] `,
  },
  {
    name: 'cri',
    at: first,
    head: of => `${of.date('%Y-%m-%dT%H:%M:%S.%NZ')} ${of.pick(['stdout', 'stderr'])} F `,
  },
  {
    name: 'jvm unified gc',
    at: first,
    level: true,
    head: of =>
      `[${of.date('%Y-%m-%dT%H:%M:%S.%f+0000')}][${(of.n / 7).toFixed(3)}s][${of.pick(['info', 'debug'])}][${of.pick(['gc', 'gc,start', 'gc,heap']).padEnd(9)}] `,
  },
  { name: 'dmesg', at: null, head: of => `[${(of.n * 1.7 + 2).toFixed(6).padStart(12)}] ` },
]
