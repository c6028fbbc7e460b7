/** Runs `deno task export` against the running system, and unpacks its ZIP by Python's zipfile and Info-ZIP's unzip. */
import { execFileSync } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TENANT, URLS } from "./_cloud.ts";
import { sha256 } from "./_pictures.ts";
import type { System } from "./_system.ts";
import { runTask } from "./_task.ts";

/** What is exported, and where to. */
interface ExportOptions {
  readonly tenant?: string;
  readonly subject: string;
  /** An empty folder, or one of an earlier export. */
  readonly folder: string;
  /** Whether an earlier export's file stays. */
  readonly isAgain?: boolean;
}

/** The list of an export. */
interface ExportedList {
  readonly tenant: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly missing: readonly unknown[];
  readonly kafka: readonly { readonly imageId: string; readonly until: string }[];
}

/** Runs it; the folder then has its files and the certificates' public key. */
export async function exportPerson(
  { dataDir }: Pick<System, "dataDir">,
  { tenant = TENANT, subject, folder, isAgain = false }: ExportOptions,
) {
  const zip = join(folder, "export.zip");
  if (!isAgain) await rm(zip, { force: true });
  const key = join(dataDir, "originals_key.json");
  const result = await runTask(
    "export",
    ...["--tenant", tenant, "--subject", subject, "--out", zip],
    ...["--storage", URLS.storage, "--originals-key", key],
  );
  const isThere = result.code < 2 && !isAgain;
  if (isThere) {
    execFileSync("unzip", ["-tqq", zip]);
    execFileSync("python3", ["-m", "zipfile", "-e", zip, folder]);
    await copyFile(
      join(dataDir, "certificate_key.pub.pem"),
      join(folder, "certificate_key.pub.pem"),
    );
  }
  const text = isThere ? await readFile(join(folder, "list.json"), "utf8") : "null";
  return { ...result, list: JSON.parse(text) as ExportedList };
}

/** Runs it in a folder of its own; digests of the originals whose records may still be in Kafka, by image. */
export async function exportedFromKafka(
  system: Pick<System, "dataDir">,
  whose: Pick<ExportOptions, "tenant" | "subject">,
) {
  const folder = await mkdtemp(join(tmpdir(), "tintype-export-"));
  try {
    const { list, stdout } = await exportPerson(system, { ...whose, folder });
    const digests = await Promise.all(
      list.kafka.map(async ({ imageId }) =>
        [imageId, sha256(await readFile(join(folder, imageId, "original.jpg")))] as const
      ),
    );
    return { digests: Object.fromEntries(digests), stdout };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
