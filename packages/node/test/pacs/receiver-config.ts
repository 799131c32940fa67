import type { DimseConfig } from "@fovea/node/config/service-config";

/** On a free port of loopback, open to all. */
export function receiverConfig(changes: Partial<DimseConfig> = {}): DimseConfig {
  return {
    host: "127.0.0.1",
    port: 0,
    aeTitle: "FOVEA",
    allowedAeTitles: [],
    maxAssociations: 8,
    maxInstanceBytes: 64 * 2 ** 20,
    ...changes,
  };
}
