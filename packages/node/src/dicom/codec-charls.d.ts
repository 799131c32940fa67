/** CharLS as WebAssembly; the package comes without types. */
declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  interface JpegLSDecoder {
    /** Room of `length` bytes for the stream. */
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number };
    /** 0: a plane for each component; 1 by line, 2 by sample, both decoded to samples side by side. */
    getInterleaveMode(): number;
    getDecodedBuffer(): Uint8Array;
    delete(): void;
  }
  interface CharLS {
    JpegLSDecoder: new () => JpegLSDecoder;
  }
  const load: (options: { locateFile: (file: string) => string }) => Promise<CharLS>;
  // biome-ignore lint/style/noDefaultExport: the package has one
  export default load;
}
