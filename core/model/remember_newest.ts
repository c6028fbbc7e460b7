/** Wraps a function of a text so that the newest text is not read again: listings ask for one many times in a row. */
export function rememberNewest<Text extends string, T>(
  read: (text: Text) => T,
): (text: Text) => T {
  let newest: { readonly text: Text; readonly value: T } | undefined;
  return (text) => {
    if (text !== newest?.text) newest = { text, value: read(text) };
    return newest.value;
  };
}
