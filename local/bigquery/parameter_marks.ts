/** Strings, quoted names and comments, which are left alone, or a named parameter of BigQuery. */
const TOKEN =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|@@?([A-Za-z_][A-Za-z0-9_]*)/g;

/** Turns BigQuery's `@name` into DuckDB's `$name`, outside of strings, quoted names and comments. */
export function rewriteParameterMarks(sql: string): string {
  return sql.replace(TOKEN, (token, name?: string) => {
    const isParameter = name !== undefined && !token.startsWith("@@");
    return isParameter ? `$${name}` : token;
  });
}
