/**
 * @file The published networks by the names users know: `yolov8n`, `yolo12s-seg`, `yolov8n-p2.yaml`.
 */
import { FoveaError } from "../errors";
import { nearestName } from "../math/nearest-name";
import { FAMILIES } from "./families";
import type { PublishedNetwork } from "./published";
import { resolve } from "./resolve";
import type { NetworkWithWarnings } from "./rows";

export interface NetworkByNameOptions {
  /** Number of classes. @default 80, as in the published weights */
  readonly nc?: number;
  /** Input channels. @default 3 */
  readonly ch?: number;
}

interface Named {
  readonly name: string;
  readonly network: PublishedNetwork;
  readonly scale: string;
}

/** `yolov8-p2` and size n make `yolov8n-p2`. */
const named: readonly Named[] = Object.entries(FAMILIES).flatMap(([family, network]) =>
  Object.keys(network.scales).map((scale) => ({ name: family.replace(/(?<=\d)(?=-|$)/, scale), network, scale })),
);

/** Every name with its size: `yolov8n` ... `yolo12x-seg`. */
export const networkNames: readonly string[] = named.map(({ name }) => name);

/** A name without `.yaml`, in lower case. */
function stem(name: string): string {
  return name.toLowerCase().replace(/\.ya?ml$/, "");
}

/** Whether `networkByName` knows the name: with or without size, with or without `.yaml`. */
export function isNetworkName(name: string): boolean {
  const wanted = stem(name);
  return Object.hasOwn(FAMILIES, wanted) || networkNames.includes(wanted);
}

/**
 * A published network. Without a size letter (`yolov8-p2`) it is size n, with a warning.
 *
 * @throws {FoveaError} `invalid_model` on an unknown name, with the nearest known one
 */
export function networkByName(name: string, { nc = 80, ch = 3 }: NetworkByNameOptions = {}): NetworkWithWarnings {
  const wanted = stem(name);
  const entry = named.find((known) => known.name === wanted);
  if (entry) return { network: resolve(entry.network, { name: wanted, scale: entry.scale, nc, ch }), warnings: [] };

  const smallest = named.find(({ network, scale }) => scale === "n" && network === family(wanted));
  if (smallest) {
    const network = resolve(smallest.network, { name: smallest.name, scale: "n", nc, ch });
    return { network, warnings: [`${name} names no size: n is taken (${smallest.name})`] };
  }
  const near = nearestName(wanted, networkNames);
  const hint = near ? `did you mean ${near}?` : "it is neither a published network nor a file";
  throw new FoveaError("invalid_model", `no network is called "${name}"; ${hint} (known: ${networkNames.join(", ")})`);
}

function family(name: string): PublishedNetwork | undefined {
  return Object.hasOwn(FAMILIES, name) ? FAMILIES[name as keyof typeof FAMILIES] : undefined;
}
