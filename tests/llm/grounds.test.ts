import { expect, test } from 'bun:test'
import { createGrounds } from '../../src/llm/grounds.ts'
import { createRedactor } from '../../src/llm/redactor.ts'

const redactor = createRedactor()
const words = [
  'stock-service',
  'cart-service',
  redactor.hide('disk of 10.1.2.3 is full: java.io.IOException at DiskStore.write'),
  'call to stock-service timed out after 3 retries, L2 cache is cold',
  'Redis answers with READONLY',
].join('\n')
const judge = createGrounds(
  {
    lines: new Map([
      ['L1', 'a.log:1'],
      ['L2', 'b.log:7'],
      ['L3', 'b.log:8'],
    ]),
    suspects: new Map([
      ['S1', 'stock-service'],
      ['S2', 'cart-service'],
    ]),
    words,
  },
  redactor,
)
const say = (text: string, lines = ['L1'], suspects: string[] = []) =>
  judge({ text, lines, suspects })

test.each([
  'The disk filled up, so stock-service could not write.',
  'The stock service is most likely the cause; the affected services depend on it.',
  'An IOException in DiskStore.write shows that the disk is full.',
  'Next, look at free space on the disk: `disk of <IP_1> is full`.',
  'It timed out 3 times within 200ms, i.e. 40% of 1,200 requests, on the 2nd try.',
  'Cross-service calls failed; it is a multi-host problem.',
  'Redis was read-only by then, and CPU, I/O and APIs were fine.',
  'stock-service\'s log says "timed out after … retries".',
])('what the evidence shows stays: %s', text => {
  expect(say(text)).toHaveProperty('text')
})

test.each([
  'The fault is in payment-service.',
  'The billing service is down.',
  'Then the search-broker was slow.',
  'A pod of checkout failed on node worker-7.',
  'Then Postgres ran out of connections.',
  'It is a NullPointerException.',
  'The log says "out of memory".',
  'See https://docs.example.com/disk for help.',
  'The call to order_db timed out.',
  'Host <IP_2> is full.',
  'The file /etc/passwd was read.',
])('what it does not name goes: %s', text => {
  expect(say(text)).toEqual({ fault: 'name' })
})

test('citations and suspects are looked at wherever they stand', () => {
  expect(say('It broke.', [])).toEqual({ fault: 'citation' })
  expect(say('It broke.', ['L1', 'L4'])).toEqual({ fault: 'citation' })
  expect(say('It broke [L4].')).toEqual({ fault: 'citation' })
  expect(say('As L9 shows, it broke.')).toEqual({ fault: 'citation' })
  expect(say('It broke.', ['L1'], ['S3'])).toEqual({ fault: 'name' })
  expect(say('It broke.', ['L1'], ['ghost'])).toEqual({ fault: 'name' })
  expect(say('S7 broke.')).toEqual({ fault: 'name' })
  expect(say('It broke [L2, L3] (S2).', [], ['stock-service'])).toEqual({
    ...{ text: 'It broke.', evidence: ['b.log:7', 'b.log:8'] },
    suspects: ['stock-service', 'cart-service'],
  })
})

test('labels become what they stand for, where the log has no such word itself', () => {
  expect(say('Line L3 shows that S1 waited for the L2 cache of cart-service.')).toEqual({
    text: 'Line b.log:8 shows that stock-service waited for the L2 cache of cart-service.',
    ...{ evidence: ['a.log:1', 'b.log:8'], suspects: ['stock-service', 'cart-service'] },
  })
})

test('a text is one line without control characters, hidden values put back', () => {
  expect(say('The disk\n\tof \u001b[31m<IP_1>\u202e is\u0000 full.')).toEqual({
    ...{ text: 'The disk of 10.1.2.3 is full.', evidence: ['a.log:1'], suspects: [] },
  })
  expect(say('…')).toEqual({ fault: 'empty' })
})
