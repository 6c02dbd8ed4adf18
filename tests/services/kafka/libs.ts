import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, runTool } from '../cache.ts'

export const KAFKA_VERSION = process.env.LOGBERT_TEST_KAFKA ?? '4.3.1'

/** Folder of the broker's jars, fetched once. @throws where there is no Maven or no registry */
export const kafkaLibs = (): Promise<string> =>
  cached(`kafka-${KAFKA_VERSION}-tools`, async folder => {
    await writeFile(join(folder, 'pom.xml'), POM)
    await runTool([
      ...['mvn', '-q', '-B', '-f', join(folder, 'pom.xml'), 'dependency:copy-dependencies'],
      ...['-DincludeScope=runtime', `-DoutputDirectory=${join(folder, 'libs')}`],
    ])
  }).then(folder => join(folder, 'libs'))

const dependency = (group: string, artifact: string, version: string, more = ''): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>` +
  `<version>${version}</version>${more}</dependency>`

/** The tools that tests use want nothing beside what the broker brings. */
const ALONE =
  '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>'

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>logbert</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', KAFKA_VERSION)}
    ${dependency('org.apache.kafka', 'kafka-tools', KAFKA_VERSION, ALONE)}
    ${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
  </dependencies>
</project>
`
