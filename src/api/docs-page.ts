const safe = (text: unknown): string =>
  `${text ?? ''}`.replace(/[&<>"']/g, found => `&#${found.charCodeAt(0)};`)

interface Schema {
  $ref?: string
  type?: string | string[]
  description?: string
  [name: string]: unknown
}

interface Content {
  [media: string]: { schema?: Schema }
}

interface OperationObject {
  summary?: string
  description?: string
  tags?: string[]
  parameters?: {
    name: string
    in: string
    description?: string
    required?: boolean
    schema?: Schema
  }[]
  requestBody?: { content: Content }
  responses: Record<string, { description?: string; content?: Content }>
}

interface Document {
  info: { title: string; description?: string }
  tags: { name: string; description?: string }[]
  paths: Record<string, Record<string, OperationObject>>
  components: { schemas?: Record<string, Schema> }
}

/** The OpenAPI document as a page: no script, no style of its own, nothing from elsewhere. */
export const docsPage = (document: Record<string, unknown>): string => {
  const { info, tags, paths, components } = document as unknown as Document
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
  const sections = tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(name))
    return `<h2 id="${safe(slug(name))}">${safe(name)}</h2><p>${prose(description)}</p>${own
      .map(showOperation)
      .join('')}`
  })
  const links = tags.map(
    ({ name }) => `<a class="chip" href="#${safe(slug(name))}">${safe(name)}</a>`,
  )
  const schemas = Object.entries(components.schemas ?? {}).map(
    ([name, schema]) =>
      `<details id="schema-${safe(name)}"><summary><b>${safe(name)}</b></summary>${showSchema(schema)}</details>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${safe(info.title)} API</title>
  <link rel="icon" href="/icon.svg">
  <link rel="stylesheet" href="/style.css">
</head>
<body class="docs">
  <header>
    <h1>${safe(info.title)} API</h1>
    <a class="chip" href="/">page</a>
    <a class="chip" href="/openapi.json">OpenAPI</a>
  </header>
  ${paragraphs(info.description)}
  <nav>${links.join(' ')}</nav>
  <main>
  ${sections.join('\n  ')}
  <h2 id="schemas">Schemas</h2>
  ${schemas.join('\n  ')}
  </main>
</body>
</html>
`
}

const slug = (name: string): string => name.toLowerCase().replaceAll(' ', '-')

/** Words with code between backticks. */
const prose = (text: string | undefined): string =>
  safe(text).replace(/`([^`]+)`/g, '<code>$1</code>')

const paragraphs = (text = ''): string =>
  text
    .split('\n\n')
    .map(part => `<p>${prose(part)}</p>`)
    .join('')

interface Shown {
  method: string
  path: string
  operation: OperationObject
}

const showOperation = ({ method, path, operation }: Shown): string => {
  const { summary, description, parameters = [], requestBody, responses } = operation
  const takes = parameters.map(
    each =>
      `<li><code>${safe(each.name)}</code> (${safe(each.in)}${each.required ? ', required' : ''}) ${prose(each.description)}</li>`,
  )
  const answers = Object.entries(responses).map(
    ([status, answer]) =>
      `<li><code>${safe(status)}</code> ${prose(answer.description)}${showContent(answer.content)}</li>`,
  )
  return `<details><summary><code class="kind">${safe(method.toUpperCase())}</code>
<code>${safe(path)}</code> ${safe(summary)}</summary>
${paragraphs(description)}
${takes.length > 0 ? `<h3>Takes</h3><ul>${takes.join('')}</ul>` : ''}
${requestBody === undefined ? '' : `<h3>Body</h3>${showContent(requestBody.content)}`}
<h3>Answers</h3><ul>${answers.join('')}</ul></details>`
}

const showContent = (content: Content = {}): string =>
  Object.entries(content)
    .map(([media, { schema }]) => {
      const name = schema?.$ref?.split('/').at(-1)
      if (schema === undefined) return ` <i>${safe(media)}</i>`
      if (name === undefined) return ` <i>${safe(media)}</i>${showSchema(schema)}`
      return ` <i>${safe(media)}</i>: <a href="#schema-${safe(name)}">${safe(name)}</a>`
    })
    .join('')

/** A schema is read by developers: as it is, with links to what it names. */
const showSchema = (schema: Schema): string =>
  `<pre>${safe(JSON.stringify(schema, null, 2)).replace(
    /#\/components\/schemas\/([A-Za-z0-9_]+)/g,
    (_, name: string) => `<a href="#schema-${name}">${name}</a>`,
  )}</pre>`
