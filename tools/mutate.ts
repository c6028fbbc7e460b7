/** `deno task mutate`: changes a package's code at random, one place at a time, and counts what its tests notice. */
import { readFileSync } from "node:fs";
import { defineCommand } from "@tintype/cli/command";
import { wholeNumber } from "@tintype/cli/flag_values";
import { endOnInterrupt } from "@tintype/cli/interrupts";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { isTestFile } from "./lint/import_table.ts";
import equivalents from "./mutate/equivalents.json" with { type: "json" };
import { choose, type Mutant, mutantsOf } from "./mutate/mutants.ts";
import { prepareTrial } from "./mutate/try_mutants.ts";
import { readSources } from "./test/changed_tests.ts";

const MUTATE = defineCommand({
  name: "mutate",
  summary:
    "Changes one comparison, operator, sign, literal, branch or return at a time in a copy of the repository, runs the package's own tests, and prints the score and each mutant that no test notices. tools/mutate/equivalents.json lists those that nobody can notice.",
  flags: {
    "package P": { about: "the folder to mutate, such as gcs or edge/routes", default: "core" },
    "count N": { about: "mutants to try", parse: wholeNumber(1), default: "100" },
    "seed S": { about: "decides the choice of mutants", default: "1" },
    "seconds N": {
      about: "starts no mutant after so long",
      parse: wholeNumber(1),
      default: "3600",
    },
  },
  exitCodes: { 1: "a mutant survived" },
});

function mutantsIn(folder: string): Mutant[] {
  return [...readSources(Deno.cwd()).keys()]
    .filter((path) => path.startsWith(`${folder}/`) && /(?<!\.d)\.ts$/.test(path))
    .filter((path) => !isTestFile(path) && !path.includes("/testdata/"))
    .flatMap((path) => mutantsOf(path, readFileSync(path, "utf8")))
    .filter((mutant) => !equivalents.some((known) => isSame(known, mutant)));
}

function isSame(known: Pick<Mutant, "file" | "before" | "after">, mutant: Mutant): boolean {
  return known.file === mutant.file && known.before === mutant.before &&
    known.after === mutant.after;
}

await runMain(MUTATE, async ({ package: folder, count, seed, seconds }) => {
  const all = mutantsIn(folder);
  const ending = new AbortController();
  endOnInterrupt(ending);
  const endsAtMs = performance.now() + seconds * 1_000;
  const trial = await prepareTrial(Deno.cwd(), folder, {
    path: Deno.env.get("PATH"),
    signal: ending.signal,
  });
  let tried = 0;
  let survived = 0;
  try {
    for (const mutant of choose(all, seed, count)) {
      if (performance.now() > endsAtMs) break;
      tried += 1;
      if (await trial.isNoticed(mutant)) continue;
      survived += 1;
      console.log(`${mutant.file}:${mutant.line}\n  - ${mutant.before}\n  + ${mutant.after}`);
    }
  } finally {
    trial.remove();
  }
  const score = (100 * (tried - survived) / Math.max(tried, 1)).toFixed(1);
  console.log(
    `${folder}: ${score} % of ${tried} mutants noticed, ${survived} survived (seed ${seed}, ${all.length} possible)`,
  );
  return survived === 0 ? EXIT.done : EXIT.failed;
});
