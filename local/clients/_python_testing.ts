import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const CACHE = fileURLToPath(new URL("../../.tintype/cache", import.meta.url));
const INSTALL_MS = 400_000;

/** The programs of a Python environment, or the reason why there is none. */
type PythonEnvironment = { readonly bin: string } | { readonly lacks: string };

/** Installs packages (`name==version`) from PyPI into an environment of their own, once. */
export async function pythonEnvironment(
  name: string,
  packages: readonly string[],
): Promise<PythonEnvironment> {
  const folder = join(CACHE, name);
  const bin = join(folder, "bin");
  const python = join(bin, "python");
  const checks = packages.map((each) => each.split("=="))
    .map(([of, version]) => `version("${of}") == "${version}"`);
  const check = `from importlib.metadata import version; assert ${checks.join(" and ")}`;
  const has = () => run(python, ["-c", check]).then(() => true, () => false);
  if (existsSync(python) && await has()) return { bin };
  try {
    await run("python3", ["-m", "venv", "--clear", folder], { timeout: INSTALL_MS });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await run(python, [...pip, ...packages], { timeout: INSTALL_MS });
    return await has() ? { bin } : { lacks: `${packages.join(", ")} are not there` };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT") return { lacks: "python3 is not there" };
    return { lacks: `python3 cannot install ${packages.join(", ")} from PyPI` };
  }
}
