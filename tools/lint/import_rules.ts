/**
 * The rules of the house that a program can check, as a plugin of `deno lint`:
 * each file's path gives its room, `import_table.ts` says what the room may import,
 * and every other rule is a visitor of one syntax tree.
 */
import {
  beginsWith,
  isCompositionRoot,
  isTestFile,
  mayImport,
  packageOf,
  PURE_PACKAGES,
  roomOf,
  WORKSPACE_FOLDERS,
} from "./import_table.ts";

type Visitor = Deno.lint.LintVisitor;
type Context = Deno.lint.RuleContext;

const REPOSITORY = new URL("../../", import.meta.url).pathname;
const SNAKE_CASE = /^_?[a-z0-9]+(_[a-z0-9]+)*(\.d)?\.tsx?$/;
const BANNED_NAMES = /^_?(index|utils?|helpers?)(_test)?\.tsx?$/;
const RUNTIME_GLOBAL = "/^(Deno|process|Buffer|Bun)$/";
/** Where a global of a runtime is used, or looked for. */
const RUNTIME_USE =
  `MemberExpression[object.name=${RUNTIME_GLOBAL}], UnaryExpression[operator="typeof"][argument.name=${RUNTIME_GLOBAL}]`;
const ENVIRONMENT_HOLDER = "/^(Deno|process)$/";
/** Where the environment is read: as a member, by destructuring, as an import. */
const ENVIRONMENT_USE = [
  ...holders("object").map((holder) => `MemberExpression[property.name="env"]${holder}`),
  ...holders("init").map((holder) =>
    `VariableDeclarator${holder} > ObjectPattern > Property[key.name="env"]`
  ),
  'ImportDeclaration[source.value=/^((node:)?process|cloudflare:workers)$/] > ImportSpecifier[imported.name="env"]',
].join(", ");
/** Where a specifier lies in a static, re-exporting, dynamic and type import. */
const SPECIFIER = [
  ...["ImportDeclaration", "ExportAllDeclaration", "ExportNamedDeclaration", "ImportExpression"],
  "TSImportType > TSLiteralType",
].map((parent) => `${parent} > Literal`).join(", ");

/** The lint plugin `tintype`: one rule per sentence of CONTRIBUTING's list. */
const plugin: Deno.lint.Plugin = {
  name: "tintype",
  rules: {
    "import-table": { create: checkImportTable },
    "package-boundary": { create: checkPackageBoundary },
    "pure-core": { create: checkPureCore },
    "environment-in-roots": { create: checkEnvironment },
    "file-names": { create: checkFileName },
  },
};

export default plugin;

function checkImportTable(context: Context): Visitor {
  const path = pathOf(context);
  return onImports((specifier, node) => {
    const target = targetOf(path, specifier);
    if (target === undefined || mayImport(path, target)) return;
    context.report({
      node,
      message: `${roomOf(path)} must not import ${target}`,
      hint: "See the table in tools/lint/import_table.ts",
    });
  });
}

function checkPackageBoundary(context: Context): Visitor {
  const path = pathOf(context);
  return onImports((specifier, node) => {
    // JSON may be shared by path: Deno's type checker does not resolve it through a package's exports.
    if (!specifier.startsWith(".") || specifier.endsWith(".json")) return;
    const target = targetOf(path, specifier);
    if (target === undefined || beginsWith(target, packageOf(path))) return;
    const other = Object.entries(WORKSPACE_FOLDERS).find(([, dir]) => beginsWith(target, dir));
    if (other === undefined) return;
    context.report({
      node,
      message: `A relative import must stay inside its package: import ${other[0]}/… instead`,
    });
  });
}

function checkPureCore(context: Context): Visitor {
  const path = pathOf(context);
  const own = packageOf(path);
  const packages = PURE_PACKAGES[own];
  if (packages === undefined || isTestFile(path)) return {};
  const report = (node: Deno.lint.Node, found: string) =>
    context.report({
      node,
      message: `${own} runs on web standards alone and must not use ${found}`,
      hint: "Make it a port and let the composition root hand over an adapter",
    });
  return {
    ...onImports((specifier, node) => {
      if (specifier.startsWith(".") || targetOf(path, specifier) !== undefined) return;
      if (!packages.includes(packageNameOf(specifier))) report(node, specifier);
    }),
    [RUNTIME_USE]: (node: Deno.lint.Node) => report(node, "a global of a runtime"),
  };
}

function checkEnvironment(context: Context): Visitor {
  const path = pathOf(context);
  if (isCompositionRoot(path) || isTestFile(path)) return {};
  return {
    [ENVIRONMENT_USE]: (node: Deno.lint.Node) =>
      context.report({
        node,
        message: "Only a composition root reads the environment",
        hint: "Take the value as an argument",
      }),
  };
}

/** What holds the environment, in the field `at` of a node. */
function holders(at: string): string[] {
  return [
    `[${at}.name=${ENVIRONMENT_HOLDER}]`,
    `[${at}.object.name="globalThis"][${at}.property.name=${ENVIRONMENT_HOLDER}]`,
  ];
}

function checkFileName(context: Context): Visitor {
  const name = pathOf(context).split("/").at(-1) ?? "";
  const message = BANNED_NAMES.test(name)
    ? `${name} says nothing: name the file after its main export`
    : `${name} must be in snake_case, named after its main export`;
  if (SNAKE_CASE.test(name) && !BANNED_NAMES.test(name)) return {};
  return { Program: () => context.report({ range: [0, 0], message }) };
}

/** Calls `check` for each import of a file. */
function onImports(check: (specifier: string, node: Deno.lint.Node) => void): Visitor {
  return {
    [SPECIFIER]: (node: Deno.lint.StringLiteral) => check(node.value, node),
  };
}

/** What a specifier names inside the repository, from its root; undefined for packages and built-in modules. */
function targetOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) {
    const resolved = new URL(specifier, `file:///repository/${path}`).pathname;
    return resolved.replace("/repository/", "");
  }
  const folder = WORKSPACE_FOLDERS[packageNameOf(specifier)];
  if (folder === undefined) return undefined;
  return folder + specifier.slice(packageNameOf(specifier).length);
}

function packageNameOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function pathOf(context: Context): string {
  const { filename } = context;
  return filename.startsWith(REPOSITORY) ? filename.slice(REPOSITORY.length) : filename;
}
