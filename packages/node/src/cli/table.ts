/**
 * @file Tables of text for the terminal, columns aligned.
 */

/** One column: its heading, and the side its cells keep to. */
export interface Column {
  readonly title: string;
  /** @default "right" */
  readonly align?: "left" | "right";
}

/**
 * Heading, then rows, columns two blanks apart. Wide characters count two. Control characters become U+FFFD: cells may come from a
 * file or a PACS, and a terminal would obey them.
 */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((cells) => cells.map(visible))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => textWidth(line[i] ?? ""))));
  return lines
    .map((line) =>
      columns
        .map(({ align = "right" }, i) => {
          const text = line[i] ?? "";
          const blanks = " ".repeat(widths[i] - textWidth(text));
          return align === "left" ? text + blanks : blanks + text;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, "\uFFFD");
}

/** Chinese, Japanese and Korean characters and their punctuation. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

/** Columns of the terminal that a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/** `3011433` as `3,011,433`. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
