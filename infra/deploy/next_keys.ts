/** Reads pseudonym keys from standard input, and writes them with a new one, or with the newest alone. */
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { defineCommand } from "@tintype/cli/command";
import { runMain } from "@tintype/cli/run_main";
import { parsePseudonymKeys } from "@tintype/core/model/owner";

const NEXT_KEYS = defineCommand({
  name: "next_keys",
  program: "gcloud secrets versions access … | node infra/deploy/next_keys.ts",
  summary: "Adds a random key under the next number, or leaves the newest alone.",
  flags: { "newest": "leave the newest key alone" },
});

await runMain(NEXT_KEYS, async ({ newest }) => {
  const given = await text(process.stdin);
  const numbers = [...(await parsePseudonymKeys(given)).keys()];
  const last = Math.max(...numbers);
  const keys: Record<string, string> = JSON.parse(given); // of its form, as it was parsed
  const next = newest
    ? { [last]: keys[last] }
    : { ...keys, [last + 1]: randomBytes(32).toString("hex") };
  process.stdout.write(JSON.stringify(next));
});
