import { expect, test } from 'bun:test'
import { createNameFinder, createSpoken } from '../../src/core/rca/naming.ts'

const spokenIn = (...texts: string[]): string[] => {
  const spoken = createSpoken()
  for (const text of texts) spoken.read(text, 0)
  return [...spoken.names().keys()]
}

test('hosts are found where they stand by themselves; packages, files and versions are not', () => {
  expect(spokenIn('status 503 (gw.cardhouse.example/v2)')).toEqual(['gw.cardhouse.example'])
  expect(spokenIn('api.mailer.io answered 502')).toEqual(['api.mailer.io'])
  for (const text of [
    'org.acme.shop.Cart failed',
    'cannot read conf.d.main.py',
    'version 1.2.3 is out',
    'key spring.datasource.url is unset',
  ]) {
    expect(spokenIn(text)).toEqual([])
  }
})

test('words of databases are no names of anybody', () => {
  expect(spokenIn('waiting for db: update on row', 'database=primary table=locks')).toEqual([])
})

test('a host is called by its own part for short, a logger by its last', () => {
  const finder = createNameFinder(['o.f.SchemaCheck', 'cart_service'], ['gw.cardhouse.example'])
  const find = (text: string) => finder.find(text, '').map(({ name }) => name)
  expect(find('cardhouse confirmed 12 in 30 ms')).toEqual(['gw.cardhouse.example'])
  expect(find('no answer from schema-check')).toEqual(['o.f.SchemaCheck'])
  expect(find('CartService is away')).toEqual(['cart_service'])
  expect(find('example of a gateway')).toEqual([])
})
