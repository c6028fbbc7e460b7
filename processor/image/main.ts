/** `deno task image`: asks the keeper what is known of an image, and prints it. */
import { defineCommand } from "@tintype/cli/command";
import { EXIT, runMain } from "@tintype/cli/run_main";
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

/** A line a field that says something: its path, and its value with times as text. */
function linesOf(fields: object, path = ""): string[] {
  return Object.entries(fields).flatMap(([name, value]: [string, unknown]): string[] => {
    const label = `${path}${name.replace(/Ms$/, "")}`;
    if (value === null || value === "" || Array.isArray(value) && value.length === 0) return [];
    if (typeof value === "number" && name.endsWith("Ms")) {
      return [lineOf(label, new Date(value).toISOString())];
    }
    if (typeof value !== "object") return [lineOf(label, value)];
    if (!Array.isArray(value)) return linesOf(value, `${label}.`);
    return typeof value[0] === "object"
      ? value.flatMap((item: object, at) => linesOf(item, `${label}.${at + 1}.`))
      : [lineOf(label, value.join(", "))];
  });
}

function lineOf(label: string, value: unknown): string {
  return `${label.padEnd(24)} ${value}`;
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
  const { images } = answer as { readonly images: readonly object[] }; // the keeper's own words
  if (json) console.log(JSON.stringify(images, null, 2));
  else for (const image of images) console.log(linesOf(image).join("\n"));
  if (images.length > 0) return EXIT.done;
  console.error(
    "Nothing is known of it: its upload is not complete, it is purged, or the bridge has not read its record (lag).",
  );
  return EXIT.failed;
});
