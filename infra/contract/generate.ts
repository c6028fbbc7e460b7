/**
 * Writes the client's types from the document that the edge serves at `/openapi.json`, by openapi-typescript.
 * `deno task generate` runs this; a test fails where the file differs from what the document says now.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { edgeDocument } from "@tintype/edge/openapi/generate";

/** Where the types are. */
export const CONTRACT_FILE = new URL("../../client/contract.ts", import.meta.url);

/** The client has it, with the TypeScript that it needs. */
const PROGRAM = createRequire(CONTRACT_FILE).resolve("openapi-typescript/package.json")
  .replace("package.json", "bin/cli.js");
const FLAGS = ["--immutable", "--root-types", "--root-types-no-schema-prefix", "--export-type"];
/** Parts of a schema that say nothing about its type. */
const LEFT_OUT = ["examples", "format"];
/** Schemas that no call of the client has. */
const UNUSED: readonly string[] = [
  ...["ErasureResults", "ErasuresRequest", "Health", "ResourceMetadata"],
  ...["UploadResults", "UploadsRequest"],
];
/** Lines for parts of a document that this one has not, and comments that repeat the type below them. */
const EMPTY =
  /^export type \S+ = Record<string, never>;\n|^ {4}\w+: never;\n|^\/\*\*[^]*?\*\/\n|^ *\/\*\* @(?:constant|enum).*\n/gm;
const HEAD =
  `/** The edge's HTTP contract, made from its /openapi.json by \`deno task generate\`. */
// deno-fmt-ignore-file
`;

/** The client's contract.ts as it must be: the schemas alone. */
export function contractTypes(): string {
  const { openapi, info, components } = edgeDocument();
  const used = Object.entries(components.schemas).filter(([name]) => !UNUSED.includes(name));
  const schemas = Object.fromEntries(used);
  const document = { openapi, info, paths: {}, components: { schemas } };
  const input = JSON.stringify(
    document,
    (key, value) => LEFT_OUT.includes(key) ? undefined : value,
  );
  const types = execFileSync(process.execPath, [PROGRAM, ...FLAGS], { input, encoding: "utf8" });
  return HEAD + types.replaceAll(EMPTY, "");
}

if (import.meta.main) {
  writeFileSync(CONTRACT_FILE, contractTypes());
  console.log(`Wrote ${fileURLToPath(CONTRACT_FILE)}`);
}
