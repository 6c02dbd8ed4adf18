import { expect, test } from 'bun:test'
import { createRandom } from '../../src/core/simulator/random.ts'
import { createRedactor } from '../../src/llm/redactor.ts'

/** A line with `#` for each secret in it, and the secrets. */
const PLANTED: [string, string, ...string[]][] = [
  ['IP', 'connection from #:443 refused, next #', '203.0.113.9', '10.0.0.1'],
  ['IP', 'listening on [#]:80', '2001:db8::8a2e:370:7334'],
  ['IP', 'peer # gone', '2001:0db8:85a3:0000:0000:8a2e:0370:7334'],
  ['MAC', 'lease for #', '00:1a:2b:3c:4d:5e'],
  ['EMAIL', 'mail to <#> bounced', 'jane.roe+shop@mail.example.com'],
  ['SECRET', 'Authorization: Bearer #', 'abc.DEF-123_xyz'],
  ['SECRET', 'header Authorization=Basic #', 'dXNlcjpwYXNz'],
  ['SECRET', 'headers: {"authorization": "Bearer #"}', 'opensesame'],
  ['SECRET', 'Authorization: token #', 'opensesame'],
  ['SECRET', 'cookie was #', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl'],
  ['SECRET', 'using # for S3', 'AKIAIOSFODNN7EXAMPLE'],
  ['SECRET', 'push failed with #', 'ghp_0123456789abcdefABCDEF0123456789abcd'],
  ['SECRET', 'loaded #', 'hf_AbCdEfGhIjKlMnOpQrStUvWx'],
  ['SECRET', 'client #, retrying', 'sk-proj-abcdefghijklmnop0123'],
  ['SECRET', 'login password=# done', 'hunter2'],
  ['SECRET', 'db_password: "#", retry', 'correct horse "battery" staple'.replaceAll('"', '\\"')],
  ['SECRET', 'body {\\"api_key\\":\\"#\\",\\"n\\":1}', 'k1<2>3'],
  ['SECRET', "secret='#'", 'two words'],
  ['SECRET', 'GET /x?access_token=#', 'abc123&state=1'],
  ['SECRET', 'postgres://#@db:5432/shop', 'app:p@ss'],
  ['SECRET', 'aws # here.', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY012'],
  ['SECRET', 'key #', '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----'],
  ['CARD', 'charged # twice', '4111 1111 1111 1111'],
  ['CARD', 'pan=#;', '5500-0055-5555-5559'],
  ['HEX', 'checksum # differs', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['HEX', 'frame at #', `0x${'0123456789abcdef'.repeat(200)}`],
  ['USER', 'session opened for user # by (uid=0)', 'margaret'],
  ['USER', 'Failed password for # from somewhere', 'root'],
  ['USER', 'Failed password for invalid user # from somewhere', 'oracle'],
  ['USER', 'ok {"username": "#", "n": 1}', 'jane roe'],
  ['USER', 'cannot read /home/#/app.log', 'jroe'],
  ['USER', 'cannot read C:\\Users\\#\\app.log', 'jroe'],
  ['USER', 'logname=# tty=ssh', 'jroe'],
  ['IP', 'client ::ffff:# gone', '10.20.30.40'],
  ['IP', 'route via #%eth0', 'fe80::1ff:fe23:4567:890a'],
  ['SECRET', 'Cookie: #', 'sid=31d4d96e; theme=dark; cart=77'],
  ['SECRET', 'Set-Cookie: #', 'JSESSIONID=6A1F0C; Path=/; HttpOnly'],
  ['SECRET', 'started with --db-password # --port 5432', 'hunter2'],
  ['SECRET', "access denied using password '#'", 'hunter2'],
  ['SECRET', 'DefaultEndpointsProtocol=https;AccountKey=#', 'bm90IGEgcmVhbCBrZXk='],
  ['SECRET', 'pin=# entered', '4711'],
  ['SECRET', 'loaded key q# now', '3k9zx8m2w7e4r6t1y5'],
  ['ACCOUNT', 'paid to # today', 'DE89 3704 0044 0532 0130 00'],
  ['ACCOUNT', 'iban=#;', 'GB82WEST12345698765432'],
  ['PHONE', 'sms to # failed', '+49 170 1234567'],
  ['PHONE', 'called # twice', '(555) 123-4567'],
  ['USER', 'sudo: # : TTY=pts/0 ; COMMAND=/bin/ls', 'margaret'],
  ['USER', 'session opened by #(uid=1000)', 'margaret'],
  ['USER', 'Logged in as #.', 'margaret'],
  ['USER', 'created {"firstName":"#","n":2}', 'Margaret'],
]

test.each(PLANTED)('%s: %s', (kind, line, ...secrets) => {
  const redactor = createRedactor()
  let next = 0
  const text = line.replace(/#/g, () => secrets[next++]!)
  const hidden = redactor.hide(text)
  for (const secret of secrets) expect(hidden).not.toContain(secret)
  expect(hidden).toContain(`<${kind}_1>`)
  expect(redactor.restore(hidden)).toBe(text)
  // Not a part of a secret is left where it stood: only the words around it are.
  const rest = hidden.replace(/<[A-Z]+_\d+>/g, '#')
  if (kind !== 'USER') expect(rest.length).toBeLessThanOrEqual(line.length)
})

test.each([
  'GET /api/v1/orders/12345 HTTP/1.1 200 in 31 ms',
  '2026-01-05T08:00:00.123Z INFO [exec-7] com.example.orders.OrdersService - Order ord-48213 placed',
  'std::vector<int>::at 12:34:56 took 00:01:02',
  'block blk_38865049064139660 of size 67108864 received',
  'AbstractBeanFactory2 in org.springframework.beans.factory.support failed',
  'user logged in, user not found, users are 5, basic authentication',
  'token expired; password incorrect',
  'instance 11760334-ac63-4cc8-9086-578422af8c99 spawned in 19.84 seconds',
  '/usr/share/Example/lib/Version12345/file.so',
  'pod ts-order-service-5d9f8b7c6d-x2x4z of user service is gone, 2026-01-05 10:11:12.123 +0000',
  'sent 1234567890 bytes to db-3.internal:5432 in 12-34-56',
])('ordinary text stays: %s', text => {
  const redactor = createRedactor()
  expect(redactor.hide(text)).toBe(text)
})

test('a value that is a part of its own key is hidden where it stands', () => {
  expect(createRedactor().hide('password=pass user=user')).toBe('password=<SECRET_1> user=<USER_1>')
})

test('the same value has the same placeholder in every text, another one another', () => {
  const redactor = createRedactor()
  expect(redactor.hide('10.0.0.1 to 10.0.0.2')).toBe('<IP_1> to <IP_2>')
  expect(redactor.hide('10.0.0.2 to 10.0.0.1')).toBe('<IP_2> to <IP_1>')
  expect(redactor.hidden).toBe(2)
  expect(redactor.restore('IP_1 and <IP_2> but not <IP_3>')).toBe(
    '10.0.0.1 and 10.0.0.2 but not <IP_3>',
  )
})

test('a value that one line gives away is hidden in all others, as a whole word', () => {
  const redactor = createRedactor({ plain: ['order'] })
  const lines = [
    'margaret: 3 attempts, margarets: none',
    'session opened for user margaret',
    'user order failed, the order too, 7 of them',
    'user 7 and token=xy1 too: xy1',
  ]
  for (const line of lines) redactor.learn(line)
  expect(lines.map(line => redactor.hide(line))).toEqual([
    '<USER_1>: 3 attempts, margarets: none',
    'session opened for user <USER_1>',
    'user order failed, the order too, 7 of them',
    'user <USER_2> and token=<SECRET_1> too: <SECRET_1>',
  ])
})

test('names of hosts are hidden if asked only', () => {
  const line =
    'GET http://web-01:8080/x from db-3.internal.example.com to cache-2:6379 on node=worker-9, jroe@bastion'
  expect(createRedactor().hide(line)).toContain('db-3.internal.example.com')
  const redactor = createRedactor({ hosts: true })
  redactor.learnHost('mercury')
  expect(redactor.hide(`${line} mercury`)).toBe(
    'GET http://<HOST_2>:8080/x from <HOST_4> to <HOST_5>:6379 on node=<HOST_3> jroe@<HOST_6> <HOST_1>',
  )
  expect(redactor.restore('<HOST_4>')).toBe('db-3.internal.example.com')
})

test('whatever a log holds, hiding and putting back gives the same text', () => {
  const random = createRandom(8)
  const parts = [
    ...[
      '<IP_1>',
      'USER_2',
      '10.1.2.3',
      'password=',
      'user ',
      'a@b.cd',
      '"',
      '\\"',
      "'",
      '<',
      '>',
      ' ',
    ],
    ...[
      '4111111111111111',
      '::',
      'deadbeef01234567',
      'Bearer ',
      'https://u:p@h/',
      '\n',
      'x',
      '<SECRET_1>',
    ],
  ]
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: random.int(1, 12) }, () => random.pick(parts)).join('')
    const redactor = createRedactor()
    expect(redactor.restore(redactor.hide(text))).toBe(text)
  }
})

test('no text makes it slow', () => {
  const parts = [
    'a',
    '1',
    'a1',
    ':',
    '::',
    'f:',
    '1.',
    '1 ',
    '-',
    'a@',
    'a.',
    '"',
    '\\"',
    'user ',
    'token=',
  ]
  const slow = [...parts, 'Ab1/', 'https://', '-----BEGIN PRIVATE KEY-----', 'password="\\'].map(
    part => {
      const text = part.repeat(Math.ceil(4096 / part.length))
      const times = [1, 2, 3].map(() => {
        const begun = performance.now()
        createRedactor({ hosts: true }).hide(text)
        return performance.now() - begun
      })
      return { part, ms: Math.min(...times) }
    },
  )
  expect(slow.filter(({ ms }) => ms > 100)).toEqual([])
})
