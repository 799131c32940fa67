/**
 * @file The reader's key, kept in this tab until it is closed.
 */
const STORED_AS = "fovea.key";

export function storedKey(): string | undefined {
  return sessionStorage.getItem(STORED_AS) ?? undefined;
}

export function storeKey(key: string): void {
  sessionStorage.setItem(STORED_AS, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(STORED_AS);
}
