import type { Flow, ServiceSteps } from '../core/rca/flow.ts'
import type { ModelVersion } from '../core/store/registry.ts'
import { drawGraph } from './flow-graph.ts'
import { count, make, makeButton } from './make.ts'
import { Refused, read } from './server.ts'
import { lengthOf, showSteps } from './service-steps.ts'
import { signIn } from './sign-in.ts'

type ShownFlow = Flow & { model: { name: string; version: string }; steps?: ServiceSteps }

const VERSIONS = 200
const FIRST = 40
const MOST = 500
const LETTERS = 22

const element = (id: string): HTMLElement => document.getElementById(id)!
const versions = element('versions') as HTMLSelectElement
let limit = FIRST
/** Answers to what was asked before are not shown over what was asked last. */
let asked = 0

const pathOf = (more = ''): string => {
  const [name = '', version = ''] = versions.value.split('/')
  return `/models/${encodeURIComponent(name)}/${encodeURIComponent(version)}/flow?limit=${limit}${more}`
}

const say = (error: unknown): void => {
  const words = error instanceof Error ? error.message : `${error}`
  if (error instanceof Refused && error.status === 401) signIn(element('main'), words)
  else element('about').textContent = words
}

const showService = async (name: string): Promise<void> => {
  const mine = ++asked
  const { steps } = await read<ShownFlow>(pathOf(`&service=${encodeURIComponent(name)}`))
  if (steps === undefined || mine !== asked) return
  for (const node of document.querySelectorAll<SVGElement>('#flow .node')) {
    node.classList.toggle('chosen', node.dataset.id === name)
  }
  element('steps').replaceChildren(showSteps(steps))
  element('steps').scrollIntoView({ block: 'nearest' })
}

const aboutOf = ({ lines, services, more, edges }: Flow): string => {
  const of = more > 0 ? ` of ${count(services.length + more)}` : ''
  const traced =
    edges.length > 0
      ? 'Arrows go from who calls to who is called. '
      : 'No calls are known: no id that services share was found in the lines. '
  return (
    `Learned from ${count(lines)} lines: ${count(services.length)}${of} services. ${traced}` +
    'Choose a service to see its steps.'
  )
}

const drawFlow = ({ services, edges }: Flow): SVGElement =>
  drawGraph(
    services.map(({ name, lines, steps, instances }) => ({
      ...{ id: name, label: name, note: `${count(lines)} lines` },
      about:
        `${name}: ${count(lines)} lines of ${count(steps)} kinds` +
        (instances > 1 ? `, ${count(instances)} instances` : ''),
    })),
    edges.map(({ from, to, kind, count: times, ms }) => {
      const words = `${count(times)} ×${ms === undefined ? '' : ` · ${lengthOf(ms)}`}`
      const does = kind === 'call' ? 'calls' : 'hands over to'
      return {
        from,
        to,
        count: times,
        label: words,
        about: `${from} ${does} ${to}: ${words}`,
        className: kind,
      }
    }),
    {
      about: 'Services and their calls',
      ...{ letters: LETTERS, way: 'right' },
      select: name => void showService(name).catch(say),
    },
  )

const showFlow = async (): Promise<void> => {
  const mine = ++asked
  element('steps').replaceChildren()
  const [name = '', version = ''] = versions.value.split('/')
  history.replaceState(null, '', `?${new URLSearchParams({ name, version })}`)
  try {
    const flow = await read<ShownFlow>(pathOf())
    if (mine !== asked) return
    element('about').textContent = aboutOf(flow)
    element('flow').replaceChildren(drawFlow(flow))
    const names = flow.components.map(each => each.name).join(', ')
    element('components').textContent =
      names === '' ? '' : `Lines also speak of, without lines of their own: ${names}`
    showMore(flow.more)
  } catch (error) {
    if (mine !== asked) return
    for (const id of ['flow', 'components', 'more']) element(id).replaceChildren()
    say(error)
  }
}

const showMore = (more: number): void => {
  if (more === 0 || limit >= MOST) {
    element('more').replaceChildren()
    return
  }
  const next = Math.min(MOST, 2 * limit)
  const button = makeButton(`Show ${count(Math.min(more, next - limit))} more services`, () => {
    limit = next
    return showFlow()
  })
  element('more').replaceChildren(button)
}

/** What the address names, else what is served, else the latest there is. */
const choose = async (): Promise<void> => {
  const [{ items }, { served }] = await Promise.all([
    read<{ items: ModelVersion[] }>(`/models?limit=${VERSIONS}`),
    read<{ served: { name: string; version: string } | null }>('/model/status'),
  ])
  for (const { manifest, channels } of items) {
    const option = make('option', '') as HTMLOptionElement
    option.value = `${manifest.name}/${manifest.version}`
    option.textContent =
      `${manifest.name} ${manifest.version}` +
      (channels.length > 0 ? ` (${channels.join(', ')})` : '')
    versions.append(option)
  }
  const address = new URLSearchParams(location.search)
  const wanted = `${address.get('name')}/${address.get('version')}`
  const values = [...versions.options].map(({ value }) => value)
  const own = served === null ? '' : `${served.name}/${served.version}`
  versions.value = [wanted, own, values[0] ?? ''].find(each => values.includes(each)) ?? ''
  versions.onchange = () => {
    limit = FIRST
    void showFlow()
  }
  if (values.length > 0) await showFlow()
  else element('about').textContent = 'There is no model yet: POST /train, or logbert train.'
}

void choose().catch(say)
