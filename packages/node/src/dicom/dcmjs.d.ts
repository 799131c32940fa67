/** What is used of dcmjs; the package comes without types. */
declare module "dcmjs" {
  interface Dcmjs {
    data: {
      DicomMetaDictionary: {
        /** Attributes of PS3.6 by tag, `(GGGG,EEEE)`. */
        dictionary: Readonly<Record<string, { readonly vr: string; readonly name: string } | undefined>>;
        /** The same by keyword; tags as `(GGGG,EEEE)`. */
        nameMap: Readonly<Record<string, { readonly tag: string; readonly vr: string }>>;
      };
      datasetToDict(dataset: Readonly<Record<string, unknown>>): {
        /** File meta information by tag, GGGGEEEE. */
        meta: Record<string, { vr: string; Value: unknown[] }>;
        write(): ArrayBuffer;
      };
    };
    log: { setLevel(level: "silent"): void };
  }
  const dcmjs: Dcmjs;
  // biome-ignore lint/style/noDefaultExport: the package has one
  export default dcmjs;
}
