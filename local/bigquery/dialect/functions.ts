/**
 * BigQuery's functions as DuckDB computes them to the same value. One that is missing here is refused by its name: a
 * function of the same name may give another value (`LOG`, `CONCAT` with NULL, weekdays).
 */
import { notRun } from "./tokens.ts";

/** Writes a call; the arguments are DuckDB's SQL already. */
type Write = (args: readonly string[]) => string;

/** Functions that DuckDB has by the same name with the same value. */
const ALIKE = [
  ..."ABS ANY_VALUE AVG CEIL CEILING COALESCE COUNT CUME_DIST DENSE_RANK EXP FIRST_VALUE FLOOR IFNULL LAG"
    .split(" "),
  ..."LAST_VALUE LEAD LN LOG10 LOWER LTRIM MAX MIN NTH_VALUE NTILE NULLIF PERCENT_RANK PI POW POWER RANK"
    .split(" "),
  ..."REVERSE ROW_NUMBER RTRIM SIGN SQRT STARTS_WITH STDDEV STDDEV_SAMP STRPOS SUM TRIM UPPER VARIANCE VAR_SAMP"
    .split(" "),
];

const DATE_PARTS = "DAY MONTH QUARTER YEAR".split(" ");
/** Parts that have the same length on every day. */
const TIME_PARTS = "MICROSECOND MILLISECOND SECOND MINUTE HOUR DAY".split(" ");
const TIMESTAMP_PARTS = [...TIME_PARTS, ...DATE_PARTS];
/** Parts of an EXTRACT, and DuckDB's function of it. */
const EXTRACTED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["SECOND", "MINUTE", "HOUR", ...DATE_PARTS].map((part) => [part, part])),
  DAYOFYEAR: "DAYOFYEAR",
  ISOWEEK: "WEEK",
  ISOYEAR: "ISOYEAR",
  DAYOFWEEK: "1 + DAYOFWEEK",
  WEEK: "memory.main.week_of",
  DATE: "memory.main.to_date",
};
/** Letters of a format that both write alike. */
const FORMAT = /^'(?:%[YmdHMSjyBbAaFT]|[^%'])*'$/;

/** Types of a CAST, and DuckDB's function that casts as BigQuery does. */
const CASTS: Readonly<Record<string, string>> = {
  STRING: "memory.main.to_string",
  INT64: "memory.main.to_int64",
  FLOAT64: "memory.main.to_float64",
  BOOL: "memory.main.to_bool",
  TIMESTAMP: "memory.main.to_timestamptz",
  DATE: "memory.main.to_date",
};

const alike = (name: string): Write => (args) => `${name}(${args.join(", ")})`;
const own = (name: string): Write => alike(`memory.main.${name}`);

/** All functions by their name in upper case. */
const FUNCTIONS: Readonly<Record<string, Write>> = {
  ...Object.fromEntries(ALIKE.map((name) => [name, alike(name)])),
  APPROX_COUNT_DISTINCT: ([value = ""]) => `COUNT(DISTINCT ${value})`,
  ARRAY_LENGTH: alike("LEN"),
  BYTE_LENGTH: alike("STRLEN"),
  CHAR_LENGTH: alike("LENGTH"),
  CONCAT: (args) => `(${args.map((arg) => `(${arg})`).join(" || ")})`,
  COSINE_DISTANCE: alike("LIST_COSINE_DISTANCE"),
  COUNTIF: ([test = ""]) => `COUNT(CASE WHEN ${test} THEN 1 END)`,
  CURRENT_DATE: () => "CAST(CURRENT_TIMESTAMP AS DATE)",
  CURRENT_TIMESTAMP: () => "CURRENT_TIMESTAMP",
  DATE: (args) => args.length === 3 ? alike("MAKE_DATE")(args) : own("to_date")(args),
  DATE_ADD: ([date = "", interval = ""]) => `CAST(${date} + ${interval} AS DATE)`,
  DATE_DIFF: ([end = "", start = "", part = ""]) =>
    `DATE_DIFF(${partOf(part, DATE_PARTS)}, ${start}, ${end})`,
  DATE_SUB: ([date = "", interval = ""]) => `CAST(${date} - ${interval} AS DATE)`,
  DATE_TRUNC: ([date = "", part = ""]) =>
    `CAST(DATE_TRUNC(${partOf(part, DATE_PARTS)}, ${date}) AS DATE)`,
  ENDS_WITH: alike("SUFFIX"),
  FORMAT_DATE: ([format = "", date = ""]) => `STRFTIME(${date}, ${formatOf(format)})`,
  FORMAT_TIMESTAMP: ([format = "", time = "", ...zone]) =>
    zone.length > 0
      ? refuse("FORMAT_TIMESTAMP with a time zone")
      : `STRFTIME(${time}, ${formatOf(format)})`,
  GENERATE_ARRAY: (args) =>
    args.length === 2 ? alike("GENERATE_SERIES")(args) : refuse("GENERATE_ARRAY with a step"),
  GREATEST: (args) => own("greatest_of")([`[${args.join(", ")}]`]),
  IF: ([test = "", yes = "", no = ""]) => `CASE WHEN ${test} THEN ${yes} ELSE ${no} END`,
  LEAST: (args) => own("least_of")([`[${args.join(", ")}]`]),
  LENGTH: alike("LENGTH"),
  LOG: own("log_of"),
  MOD: own("mod_of"),
  REGEXP_CONTAINS: alike("REGEXP_MATCHES"),
  REPLACE: own("replace_in"),
  ROUND: own("round_of"),
  SAFE_DIVIDE: own("safe_divide"),
  SESSION_USER: () => "CAST(GETVARIABLE('session_user') AS VARCHAR)",
  SUBSTR: own("substr_of"),
  SUBSTRING: own("substr_of"),
  TIMESTAMP: own("to_timestamptz"),
  TIMESTAMP_ADD: ([time = "", interval = ""]) => `(${time} + ${interval})`,
  TIMESTAMP_DIFF: ([end = "", start = "", part = ""]) =>
    `DATE_SUB(${partOf(part, TIME_PARTS)}, ${start}, ${end})`,
  TIMESTAMP_SUB: ([time = "", interval = ""]) => `(${time} - ${interval})`,
  TIMESTAMP_TRUNC: ([time = "", part = "", ...zone]) =>
    zone.length > 0
      ? refuse("TIMESTAMP_TRUNC with a time zone")
      : `DATE_TRUNC(${partOf(part, TIMESTAMP_PARTS)}, ${time})`,
  UNIX_MICROS: alike("EPOCH_US"),
  UNIX_MILLIS: alike("EPOCH_MS"),
  UNIX_SECONDS: ([time = ""]) => `CAST(FLOOR(EPOCH(${time})) AS BIGINT)`,
};

/** What the functions above need, made once in the database `memory`. */
export const MACROS: readonly string[] = [
  "to_float64(x) AS CAST(x AS DOUBLE)",
  `to_string(x) AS CASE WHEN typeof(x) = 'DOUBLE'
    THEN regexp_replace(CAST(x AS VARCHAR), '\\.0$', '') ELSE CAST(x AS VARCHAR) END`,
  `to_int64(x) AS CASE
    WHEN typeof(x) = 'DOUBLE' THEN CAST(ROUND(TRY_CAST(x AS DOUBLE)) AS BIGINT)
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_matches(CAST(x AS VARCHAR), '^\\s*[+-]?\\d+\\s*$')
      THEN CAST('Bad int64 value: ' || CAST(x AS VARCHAR) AS BIGINT)
    ELSE CAST(x AS BIGINT) END`,
  `to_bool(x) AS CASE
    WHEN typeof(x) = 'VARCHAR' AND lower(CAST(x AS VARCHAR)) NOT IN ('true', 'false')
      THEN CAST('Bad bool value: ' || CAST(x AS VARCHAR) AS BOOLEAN)
    ELSE CAST(x AS BOOLEAN) END`,
  "to_timestamptz(x) AS CAST(x AS TIMESTAMPTZ)",
  "to_date(x) AS CAST(x AS DATE)",
  // Weeks begin on Sunday; days before the first one are week 0.
  "week_of(x) AS (dayofyear(x) + 6 - dayofweek(x)) // 7",
  "greatest_of(x) AS CASE WHEN list_count(x) < len(x) THEN NULL ELSE list_max(x) END",
  "least_of(x) AS CASE WHEN list_count(x) < len(x) THEN NULL ELSE list_min(x) END",
  "log_of(x) AS ln(x), (x, b) AS ln(x) / ln(b)",
  "mod_of(x, y) AS CASE WHEN y = 0 THEN error('division by zero: MOD') ELSE x % y END",
  "replace_in(x, y, z) AS CASE WHEN y = '' THEN x ELSE replace(x, y, z) END",
  "round_of(x) AS round(CAST(x AS DOUBLE)), (x, n) AS round(CAST(x AS DOUBLE), n)",
  "safe_divide(x, y) AS CAST(x AS DOUBLE) / NULLIF(y, 0)",
  `substr_of(x, first) AS substr(x, CASE WHEN first = 0 OR first < -length(x) THEN 1 ELSE first END),
    (x, first, n) AS CASE WHEN n < 0 THEN error('Third argument in SUBSTR() cannot be negative')
      ELSE substr(x, CASE WHEN first = 0 OR first < -length(x) THEN 1 ELSE first END, n) END`,
];

/** Writes a call as DuckDB's; throws GoogleError `invalidQuery` for a function that is not computed. */
export function writeCall(name: string, args: readonly string[]): string {
  const write = FUNCTIONS[name.toUpperCase()];
  return write === undefined ? refuse(`the function ${name.toUpperCase()}`) : write(args);
}

/** Writes `EXTRACT(part FROM value)`. */
export function writeExtract(part: string, value: string): string {
  const name = EXTRACTED[part.toUpperCase()];
  if (name === undefined) return refuse(`EXTRACT(${part.toUpperCase()})`);
  return `(${name}(${value}))`;
}

/** Writes `CAST(value AS type)`, or `SAFE_CAST`. */
export function writeCast(value: string, type: string, isSafe: boolean): string {
  const name = CASTS[type.toUpperCase()];
  if (name === undefined) return refuse(`a cast to ${type.toUpperCase()}`);
  return isSafe ? `TRY(${name}(${value}))` : `${name}(${value})`;
}

/** DuckDB's name of a type that a column is declared with. */
export const COLUMN_TYPES: Readonly<Record<string, string>> = {
  STRING: "VARCHAR",
  INT64: "BIGINT",
  FLOAT64: "DOUBLE",
  TIMESTAMP: "TIMESTAMPTZ",
};

function partOf(part: string, known: readonly string[]): string {
  const name = part.toUpperCase();
  return known.includes(name) ? `'${name}'` : refuse(`the part ${name} here`);
}

function formatOf(format: string): string {
  if (!FORMAT.test(format)) return refuse(`the format ${format}`);
  return format.replaceAll("%F", "%Y-%m-%d").replaceAll("%T", "%H:%M:%S");
}

function refuse(what: string): never {
  throw notRun(what);
}
