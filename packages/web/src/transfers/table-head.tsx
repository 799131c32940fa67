/**
 * @file The heads of a table's columns.
 */
import type { MessageKey } from "../language/language";
import { useSpeech } from "../language/language-context";

export interface Column {
  readonly title: MessageKey;
  readonly isNumber?: boolean;
  /** Named for those who hear the page alone. */
  readonly isHidden?: boolean;
}

export const ACTIONS: Column = { title: "transfers.actions", isHidden: true };

export function TableHead({ columns }: { readonly columns: readonly Column[] }) {
  const { say } = useSpeech();
  return (
    <thead>
      <tr>
        {columns.map(({ title, isNumber, isHidden }) => (
          <th key={title} scope="col" className={isNumber ? "number" : undefined}>
            {isHidden ? <span className="visually-hidden">{say(title)}</span> : say(title)}
          </th>
        ))}
      </tr>
    </thead>
  );
}
