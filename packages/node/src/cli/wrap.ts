/**
 * @file Long lines, broken where a terminal ends.
 */
import { textWidth } from "./table";

/**
 * `text` in lines of at most `width` columns, broken at blanks, those after the first one `indent` columns in. A word
 * that is longer than a line stays whole: a path must stay copyable.
 */
export function wrapped(text: string, width: number, indent = 0): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/^\s*\S*|\s+\S+/g) ?? []) {
    // A line that holds no more than a label would only get shorter.
    if (textWidth(line) > indent && textWidth(line + word) > width) {
      lines.push(line);
      line = " ".repeat(indent) + word.trimStart();
    } else {
      line += word;
    }
  }
  return [...lines, line].join("\n");
}
