import { cp, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A copy of what Terraform reads, in which it may leave what it likes. */
export interface TerraformCopy extends AsyncDisposable {
  /** Folder of the root module. */
  readonly path: string;
  readonly contract: string;
}

const ENTRIES = ["terraform", "bigquery"];
const LEFT_OVERS = /(^|\/)(\.terraform.*|.*\.tfstate.*|backend_override\.tf)$/;
/** Providers that know no account: they plan what is new without asking anybody. */
const OFFLINE = ["google", "google-beta"]
  .map((name) => `provider "${name}" {\n  access_token = "not-a-token"\n}\n`).join("");

/** Copies `infra/terraform` and what it reads into a temp folder, which goes away with the copy. */
export async function copyTerraform(): Promise<TerraformCopy> {
  const temp = await mkdtempDisposable(join(tmpdir(), "tintype-terraform-"));
  for (const entry of ENTRIES) {
    await cp(join(ROOT, "infra", entry), join(temp.path, entry), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !LEFT_OVERS.test(path),
    });
  }
  const path = join(temp.path, "terraform");
  return { ...temp, path, contract: join(path, "modules/contract") };
}

/** Lets the copy plan without credentials. */
export async function planOffline(copy: TerraformCopy): Promise<void> {
  await writeFile(join(copy.path, "offline_override.tf"), OFFLINE);
}

/** Takes the plugin that comes from GitHub out of the copy's settings of tflint. */
export async function withoutGoogleRules(copy: TerraformCopy): Promise<void> {
  const file = join(copy.path, ".tflint.hcl");
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/plugin "google" \{[^}]*\}\n/, ""));
}
