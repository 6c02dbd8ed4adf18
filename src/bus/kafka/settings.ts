/** How Kafka is reached, and how topics are made. */
export interface KafkaSettings {
  /** `host:port` of some brokers. */
  brokers: readonly string[]
  /** Name in the logs of the brokers. */
  clientId: string
  ssl: boolean
  /** PEM files. */
  sslCa?: string
  sslCert?: string
  sslKey?: string
  sasl: {
    mechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    username?: string
    password?: string
  }
  /** Partitions of topics that are made, and copies of each. */
  partitions: number
  replication: number
  /** Of what is published. */
  compression: Compression
  /** A member that is silent for so long is dead. */
  sessionTimeoutSeconds: number
  /** Most bytes fetched from a partition at a time. */
  maxFetchBytes: number
}

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
