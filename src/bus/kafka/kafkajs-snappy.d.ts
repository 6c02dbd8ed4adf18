declare module 'kafkajs-snappy' {
  const create: () => {
    compress(encoder: { buffer: Buffer }): Promise<Buffer>
    decompress(bytes: Buffer): Promise<Buffer>
  }
  export default create
}
