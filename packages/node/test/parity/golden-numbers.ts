/**
 * @file The numbers of section 14 of the reference text, read from it, and the tensors that they were computed on.
 */
import { readFileSync } from "node:fs";
import { sharedPath } from "../../../../test/shared";

/** The section's text. */
export function goldenText(): string {
  const text = readFileSync(sharedPath("reference/yolo/yolo-reference.md"), "utf8");
  return text.slice(text.indexOf("## 14. Golden numbers"), text.indexOf("## 15."));
}

/** What the text says of one tensor. */
export interface Summary {
  /** `layer 8`, `raw level 0`, `decoded`, `proto`, `maskcoef` */
  readonly what: string;
  readonly shape: readonly number[];
  readonly sum: number;
  readonly squares: number;
  readonly first: number;
  readonly last: number;
}

const SUMMARY = /^ +(.+) shape \((.+)\) sum (\S+) sumsq (\S+) first (\S+) last (\S+)$/gm;

/** What the text says of the forward pass of `heading`: `yolov8n`, `yolo12n(v1.0, pe bias)`. */
export function forwardSummaries(heading: string): { readonly parameters: number; readonly tensors: Summary[] } {
  const text = goldenText();
  const start = text.indexOf(`## ${heading} nc=3 params `);
  if (start < 0) throw new Error(`the reference text has no ${heading}`);
  const end = text.indexOf("\n## ", start + 1);
  const part = text.slice(start, end < 0 ? undefined : end);
  const tensors = [...part.matchAll(SUMMARY)].map(([, what, shape, ...values]): Summary => {
    const [sum, squares, first, last] = values.map(Number);
    return { what: what.trim(), shape: shape.split(",").map(Number), sum, squares, first, last };
  });
  return { parameters: Number(/params (\d+)/.exec(part)?.[1]), tensors };
}

/** Numbers in [-1, 1] that depend on a name alone: section 14.1. */
export function deterministic(name: string, count: number): Float32Array {
  let h = 0;
  for (let i = 0; i < name.length; i++) h = (h + name.charCodeAt(i) * (i + 1)) % 9973;
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let u = (Math.imul(i + 1, 2654435761) + h * 40503) >>> 0;
    u = Math.imul(u ^ (u >>> 16), 2246822519) >>> 0;
    u = (u ^ (u >>> 13)) >>> 0;
    values[i] = (u / 2 ** 32) * 2 - 1;
  }
  return values;
}
