/** `deno task image`: asks the keeper what is known of an image, and prints it. */
import { defineCommand } from "@tintype/cli/command";
import { EXIT, runMain } from "@tintype/cli/run_main";
import type { DescribedImage } from "@tintype/core/retention/describe_image";
import { callKeeper } from "../adapters/keeper_call.ts";
import { KEEPER_FLAGS, openKeeper } from "../keeper_flags.ts";
import { stopSignal } from "../stop_signal.ts";

const IMAGE = defineCommand({
  name: "image",
  summary:
    "Prints everything that is known of an image, by its id or the position of its Kafka record (topic/partition/offset): where it came from, its attempts, where each copy is, why it was rejected, what is left to do. It reads names, the manifest and rows, no image. Where no row says whose it is, the names of its day are listed; --tenant makes them fewer.",
  words: { placeholder: "ID|TOPIC/PARTITION/OFFSET", min: 1, max: 1 },
  flags: {
    "tenant NAME": "whose it is, where that is known",
    "cluster NAME":
      "the bridge's name of the Kafka cluster (local: local; else Terraform's default, main)",
    "json": "print the result as one JSON document",
    ...KEEPER_FLAGS,
  },
  exitCodes: { 0: "it was found", 1: "nothing is known of it" },
});

type Line = readonly [name: string, value: unknown];

function linesOf(image: DescribedImage): Line[] {
  const { raw, manifest, erasure, rows } = image;
  return [
    ["image", image.imageId],
    ["tenant", image.tenant],
    ["owner", image.owner],
    ["source", image.source],
    ["ref", image.ref],
    ["origin", image.origin],
    ["T0", `${timeOf(image.t0Ms)}, purged ${timeOf(image.purgeAtMs)} (${image.phase})`],
    [
      "raw",
      raw ? `${raw.bytes} bytes, ${raw.contentType}, ${timeOf(raw.createdAtMs)}` : "not there",
    ],
    ["manifest", manifest ? manifestText(manifest) : "not there"],
    ["renditions", manifest?.renditions.join(", ")],
    ["missing", manifest?.missing.join(", ")],
    ["erasure", erasureText(erasure)],
    ...rows.map((row): Line => ["row", rowText(row)]),
    ["left", image.leftText],
  ];
}

function manifestText(manifest: NonNullable<DescribedImage["manifest"]>): string {
  const { status, reason, detail, attempt, processorVersion, processedAtMs } = manifest;
  const why = [reason, detail].filter(Boolean).join(": ");
  return `${status}${why && ` (${why})`}, attempt ${attempt}, ${processorVersion}, ${
    timeOf(processedAtMs)
  }`;
}

function rowText(
  { status, reason, attempt, processorVersion, processedAtMs }: DescribedImage["rows"][number],
): string {
  const facts = [status, reason, attempt && `attempt ${attempt}`, processorVersion];
  return [...facts.filter(Boolean), timeOf(processedAtMs)].join(", ");
}

function erasureText({ requestedAtMs, begunAtMs, receiptAtMs }: DescribedImage["erasure"]): string {
  const steps = Object.entries({
    requested: requestedAtMs,
    begun: begunAtMs,
    receipt: receiptAtMs,
  });
  return steps.flatMap(([step, ms]) => ms === undefined ? [] : [`${step} ${timeOf(ms)}`]).join(
    ", ",
  );
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

await runMain(IMAGE, async (call) => {
  const { words: [word = ""], tenant, json, project } = call;
  const access = await openKeeper(call);
  const cluster = call.cluster ?? (project === undefined ? "local" : undefined);
  const of = word.includes("/") ? { origin: word, cluster } : { imageId: word.toLowerCase() };
  const answer = await callKeeper(access, {
    job: "image",
    body: { ...of, tenant },
    signal: stopSignal(),
  });
  const { images } = answer as { readonly images: readonly DescribedImage[] }; // the keeper's own words
  if (json) console.log(JSON.stringify(images, null, 2));
  else {
    for (const image of images) {
      for (const [name, value] of linesOf(image)) {
        if (value) console.log(`${name.padEnd(11)}${value}`);
      }
    }
  }
  if (images.length > 0) return EXIT.done;
  console.error(
    "Nothing is known of it: its upload is not complete, it is purged, or the bridge has not read its record (lag).",
  );
  return EXIT.failed;
});
