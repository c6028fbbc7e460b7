/**
 * `deno task export`: has the keeper find every image of a person, reads the originals as their signing identity, and writes
 * one ZIP with a signed list. The flow goes on in `export_entries`.
 */
import { defineCommand } from "@tintype/cli/command";
import { httpOrigin, path } from "@tintype/cli/flag_values";
import { requireLocalSystem } from "@tintype/cli/local_system";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import type { ExportedImage } from "@tintype/core/ingest/export_person";
import { withSignature } from "@tintype/gcs/authorize";
import { GOOGLE_STORAGE } from "@tintype/gcs/storage_call";
import { importHmacSigner } from "@tintype/gcs/v4_signer";
import { makeZip } from "client-zip";
import * as z from "zod";
import { callKeeper } from "../adapters/keeper_call.ts";
import { placesOf } from "../command_cloud.ts";
import { KEEPER_FLAGS, openKeeper } from "../keeper_flags.ts";
import type { ExportList } from "../keeper_requests.ts";
import { stopSignal } from "../stop_signal.ts";
import { exportEntries, noteImage } from "./export_entries.ts";

const EXPORT = defineCommand({
  name: "export",
  summary:
    "Writes all that is kept of a person's images, of both sources and of every day, into one ZIP: originals, manifests, rows, and a list with sizes and SHA-256 that the keeper signs. Erased images are not in it. It prints what is missing; the subject is in no log, no report and not in the ZIP.",
  flags: {
    "tenant NAME": { about: "whose person it is", required: true },
    "subject TEXT": { about: "the subject of the person's tokens and records", required: true },
    "out FILE": {
      about: "the ZIP, a file that is not there yet",
      default: "export.zip",
      parse: path,
    },
    "originals-key FILE": {
      about:
        "HMAC key of the originals' signer, JSON as the edge's secret (default: the variable ORIGINALS_KEY)",
      parse: path,
    },
    "raw BUCKET": "default: NAME-raw",
    "storage URL": { about: "an emulator of Cloud Storage", parse: httpOrigin },
    "dry-run": "print what would be in it, and read and write nothing",
    ...KEEPER_FLAGS,
  },
  exitCodes: {
    0: "everything is in it, or would be",
    1: "an original is missing, which the list names with its reason; or it failed",
  },
});

const keySchema = z.strictObject({
  type: z.literal("hmac"),
  accessId: z.string().min(1),
  secret: z.string().min(1),
});

/** Reads the key; what is wrong with it is said without its text. */
async function originalsSigner(file: string | undefined) {
  const where = file ?? "the variable ORIGINALS_KEY";
  const text = file === undefined ? Deno.env.get("ORIGINALS_KEY") : await textOf(file);
  if (text === undefined) throw new UsageError("Cannot read originals: --originals-key is missing");
  try {
    return await importHmacSigner(keySchema.parse(JSON.parse(text)));
  } catch {
    const form = '{"type": "hmac", "accessId": "…", "secret": "…"}';
    throw new UsageError(`Cannot use the key in ${where}: it must be ${form}`);
  }
}

async function textOf(file: string): Promise<string> {
  return await Deno.readTextFile(file).catch((error: Error) => {
    throw new UsageError(`Cannot read ${file}: ${error.name}`);
  });
}

const signedSchema = z.object({ text: z.string() });
const pageSchema = z.object({
  days: z.number(),
  images: z.number(),
  erased: z.number(),
  page: z.array(z.custom<ExportedImage>()), // the keeper's own words
  after: z.string().optional(),
});

type Page = z.infer<typeof pageSchema>;

/** Every image of the person, a page of the keeper's at a time, each with a line on standard output. */
async function* imagesOf(
  next: (after: string | undefined) => Promise<Page>,
): AsyncGenerator<ExportedImage> {
  let after: string | undefined;
  do {
    const page = await next(after);
    for (const image of page.page) {
      const { imageId, t0Ms, source = "-", original, rows } = image;
      const what = typeof original === "string" ? original : `${original.size} bytes`;
      const began = `began ${new Date(t0Ms).toISOString()}  source ${source}`;
      console.log(`  ${imageId}  ${began}  original ${what}  rows ${rows.length}`);
      yield image;
    }
    after = page.after;
    if (after === undefined) {
      console.log(`${page.images} images of ${page.days} days; ${page.erased} erased are left out`);
    }
  } while (after !== undefined);
}

function reportOf({ files, missing, kafka }: Omit<ExportList, "tenant">): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const kafkaUntil = kafka.map(({ until }) => until).sort().at(-1);
  return [
    `${files.length} files, ${bytes} bytes; ${missing.length} originals are missing`,
    kafkaUntil === undefined
      ? "Records that the bridge has not read are found by another run once it has."
      : `Records of ${kafka.length} images may still be in Kafka; the last one ends by ${kafkaUntil}.`,
  ].join("\n");
}

/** Writes a file that nobody else may read, under its name only when it is whole. */
async function writeFile(file: string, bytes: ReadableStream<Uint8Array>, signal: AbortSignal) {
  const part = `${file}.part`;
  if (await Deno.stat(file).then(() => true, () => false)) {
    throw new UsageError(`Cannot write ${file}: it is there already`);
  }
  const opened = await Deno.open(part, { write: true, create: true, truncate: true, mode: 0o600 });
  try {
    await bytes.pipeTo(opened.writable, { signal });
    await Deno.rename(part, file);
  } catch (error) {
    await Deno.remove(part);
    throw error;
  }
}

await runMain(EXPORT, async ({ tenant, subject, out, dryRun, originalsKey, ...flags }) => {
  const keeper = await openKeeper(flags);
  const signal = stopSignal();
  const call = (job: "export" | "export-list", body: object) =>
    callKeeper(keeper, { job, body: { tenant, ...body }, signal });
  const images = imagesOf(async (after) =>
    pageSchema.parse(await call("export", { subject, after }))
  );
  const list: Omit<ExportList, "tenant"> = { files: [], missing: [], kafka: [] };
  if (dryRun) {
    for await (const image of images) noteImage(image, list);
  } else {
    const { buckets, storage = GOOGLE_STORAGE } = placesOf(flags);
    await requireLocalSystem(storage);
    const authorize = withSignature(await originalsSigner(originalsKey), Date.now);
    const entries = exportEntries(images, {
      raw: { bucket: buckets.raw, endpoint: storage, authorize },
      signList: async (whole) => signedSchema.parse(await call("export-list", whole)).text,
      signal,
    }, list);
    await writeFile(out, makeZip(entries), signal);
  }
  console.log(reportOf(list));
  return list.missing.length === 0 ? EXIT.done : EXIT.failed;
});
