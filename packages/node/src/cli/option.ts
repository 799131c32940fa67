/**
 * @file Values of options, from text to what a command works with. Past these functions nobody checks them again.
 */
import { InvalidArgumentError, Option } from "commander";

/** Reads a whole number within bounds. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Wanted a whole number ${range(min, max)}.`);
  };
}

/** Reads a number within bounds. */
export function realNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Wanted a number ${range(min, max)}.`);
  };
}

/** Reads true or false in the words people use. */
export function flag(text: string): boolean {
  const value = text.toLowerCase();
  if (["true", "1", "yes", "on"].includes(value)) return true;
  if (["false", "0", "no", "off"].includes(value)) return false;
  throw new InvalidArgumentError("Wanted true or false.");
}

/** `--half [true|false]`; without a value it is true. */
export function flagOption(name: string, meaning: string, value = false): Option {
  return new Option(`--${name} [true|false]`, meaning).argParser(flag).default(value);
}

/** Image height and width, pixels. */
export interface ImageSides {
  readonly height: number;
  readonly width: number;
}

/** Reads `640` as a square, `480,640` (or `480x640`) as height and width. */
export function imageSides(text: string): ImageSides {
  const sides = text.replace(/[[\]()\s]/g, "").split(/[,x]/);
  if (sides.length > 2 || !sides.every((side) => /^\d+$/.test(side) && Number(side) >= 32 && Number(side) <= 8192)) {
    throw new InvalidArgumentError("Wanted one side, or height and width as 480,640, from 32 to 8192.");
  }
  const [height, width = height] = sides.map(Number);
  return { height, width };
}

function range(min: number, max: number): string {
  return max >= Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
}
