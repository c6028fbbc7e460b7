/** A column as schema files and `bq show --schema` have it. */
export interface Column {
  readonly name: string;
  readonly type: string;
  /** NULLABLE where it is missing. */
  readonly mode?: string;
  /** Of a RECORD. */
  readonly fields?: readonly Column[];
}

/** The API's older names of types (REST resource `tables`, `TableFieldSchema.type`), by what schema files have. */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  INTEGER: "INT64",
  FLOAT: "FLOAT64",
  BOOLEAN: "BOOL",
  STRUCT: "RECORD",
};

/**
 * Why a Pub/Sub subscription could not write records with the wanted columns into a table with the live ones, a sentence
 * each. Further live columns are no fault where a row may leave them empty: columns are only ever added.
 */
export function columnFaults(
  wanted: readonly Column[],
  live: readonly Column[],
  path = "",
): string[] {
  const faults = wanted.flatMap((column) => {
    const name = path + column.name;
    const there = live.find((each) => each.name === column.name);
    if (there === undefined) return [`${name} is missing`];
    const [type, is] = [kindOf(column), kindOf(there)];
    if (type !== is) return [`${name} must be ${type} (is ${is})`];
    if (there.mode === "REQUIRED" && column.mode !== "REQUIRED") {
      return [`${name} must be nullable (is REQUIRED)`];
    }
    return columnFaults(column.fields ?? [], there.fields ?? [], `${name}.`);
  });
  const strangers = live.filter(({ name, mode }) =>
    mode === "REQUIRED" && !wanted.some((column) => column.name === name)
  );
  return [...faults, ...strangers.map(({ name }) => `${path}${name} is REQUIRED and in no record`)];
}

function kindOf({ type, mode }: Column): string {
  const name = OLDER_NAMES[type] ?? type;
  return mode === "REPEATED" ? `REPEATED ${name}` : name;
}
