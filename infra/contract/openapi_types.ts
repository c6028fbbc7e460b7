/** Types of TypeScript from the schemas of an OpenAPI 3.1 document: what JSON Schema that ours uses means as a type. */

/** A schema, as far as it decides a type. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly description?: string;
}

/** Types of JSON Schema that are TypeScript's by another name or the same. */
const PRIMITIVES: Readonly<Record<string, string>> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null",
};
const COMPONENT = "#/components/schemas/";

/** An exported type for each schema, by name. Throws TypeError for a schema that it cannot say. */
export function typesOf(schemas: Readonly<Record<string, Schema>>): string {
  return Object.entries(schemas)
    .map(([name, schema]) => `${comment(schema, "")}export type ${name} = ${typeOf(schema, "")};\n`)
    .join("\n");
}

function typeOf(schema: Schema, indent: string): string {
  const { $ref, anyOf = schema.oneOf } = schema;
  if ($ref !== undefined) return componentOf($ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)));
  if (anyOf !== undefined) return union(anyOf.map((each) => typeOf(each, indent)));
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => simpleTypeOf(type)));
  if (schema.type === "array") {
    return `readonly ${inParentheses(typeOf(schema.items ?? {}, indent))}[]`;
  }
  if (schema.type === "object") return objectOf(schema, indent);
  return schema.type === undefined ? "unknown" : simpleTypeOf(String(schema.type));
}

function objectOf(schema: Schema, indent: string): string {
  const { properties = {}, required = [], additionalProperties } = schema;
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, property]) => {
    const optional = required.includes(name) ? "" : "?";
    return `${comment(property, inner)}${inner}readonly ${name}${optional}: ${
      typeOf(property, inner)
    };\n`;
  });
  if (fields.length > 0) return `{\n${fields.join("")}${indent}}`;
  if (typeof additionalProperties !== "object") return "{ readonly [name: string]: never }";
  return `{ readonly [name: string]: ${typeOf(additionalProperties, indent)} }`;
}

function simpleTypeOf(type: string): string {
  const primitive = PRIMITIVES[type];
  if (primitive !== undefined) return primitive;
  throw new TypeError(
    `Cannot make a type as the schema's must be a known one: current value is ${type}`,
  );
}

function componentOf(ref: string): string {
  if (ref.startsWith(COMPONENT)) return ref.slice(COMPONENT.length);
  throw new TypeError(
    `Cannot make a type as $ref must begin with ${COMPONENT}: current value is ${ref}`,
  );
}

function comment({ description }: Schema, indent: string): string {
  return description === undefined ? "" : `${indent}/** ${description} */\n`;
}

function union(types: readonly string[]): string {
  return types.join(" | ");
}

function inParentheses(type: string): string {
  return type.includes(" | ") && !type.startsWith("{") ? `(${type})` : type;
}
