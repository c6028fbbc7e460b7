/** Wraps a function so that its newest value is not computed again: listings ask for one many times in a row. */
export function rememberNewest<Key extends string | number, T>(
  read: (key: Key) => T,
): (key: Key) => T {
  let newest: { readonly key: Key; readonly value: T } | undefined;
  return (key) => {
    if (newest === undefined || key !== newest.key) newest = { key, value: read(key) };
    return newest.value;
  };
}
