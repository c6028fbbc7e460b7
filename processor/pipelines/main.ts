/**
 * `deno task pipeline`: tries the company's own code on pictures before it is deployed, and writes the package that it
 * begins with. Flow: find the pictures, render each in a pixel process, write renditions and a contact sheet, watch.
 */
import { stat } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineCommand } from "@tintype/cli/command";
import { findPictures } from "@tintype/cli/find_pictures";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { denoCacheOf } from "../pixels/deno_cache.ts";
import { linkCore } from "./link_core.ts";
import { pipelineUrlOf } from "./pipeline_url.ts";
import { tryPictures } from "./try_pictures.ts";
import { watchFolder } from "./watch_folder.ts";
import { writePackage } from "./write_package.ts";

const PIPELINE = defineCommand({
  name: "pipeline",
  summary:
    "Renders pictures as the processor does, in its sandbox and within its limits, and prints each picture's renditions, own insights, times and memory. `new NAME` writes a pipeline's package to begin with instead. Paths start at the project's root folder.",
  usage: ["FILE|DIR… [--pipeline M] [--watch] [--out DIR]", "new NAME [--dir DIR]"],
  words: { placeholder: "FILE|DIR…", min: 1 },
  flags: {
    "pipeline M": { about: "a pipeline's module or the folder of its package (default: none)" },
    watch: "render again whenever a file of the pipeline's folder changes, until Ctrl-C",
    "out DIR": {
      about: "where renditions, results.json and the contact sheet index.html go",
      default: ".tintype/pipeline",
    },
    "dir DIR": { about: "where `new` writes the package (default: ../NAME)" },
  },
  exitCodes: { 0: "every picture is ready", 1: "a picture is rejected or broke the pipeline" },
});

await runMain(PIPELINE, async ({ words, pipeline, watch, out, dir }) => {
  const [first, name = "", ...more] = words;
  if (first === "new") {
    if (name === "" || more.length > 0) {
      throw new UsageError("Cannot run pipeline: new takes 1 NAME: see --help");
    }
    const folder = dir ?? `../${name}`;
    await writePackage(name, folder);
    console.log(`Wrote ${folder}: read its README.md`);
    return EXIT.done;
  }
  if (dir !== undefined) throw new UsageError("Cannot run pipeline: --dir belongs to new");
  const pipelineUrl = pipelineUrlOf(pipeline);
  const folder = pipelineUrl === "" ? undefined : dirname(fileURLToPath(pipelineUrl));
  if (folder !== undefined) await linkModule(fileURLToPath(pipelineUrl));
  if (watch && folder === undefined) {
    throw new UsageError("Cannot run pipeline: --watch needs --pipeline");
  }
  const pictures = await findPictures(words, { anyFile: true, act: "render" });
  const denoCache = denoCacheOf(Deno.env);
  const run = () => tryPictures(pictures, { pipelineUrl, out, codec: "sharp", denoCache });
  if (!watch || folder === undefined) return await run() ? EXIT.done : EXIT.failed;
  await watchFolder(folder, async () => {
    await run().catch((error) => console.error(error instanceof Error ? error.message : error));
    console.log(`Waiting for changes in ${relative(".", folder) || "."}`);
  });
});

async function linkModule(path: string): Promise<void> {
  const isThere = await stat(path).then((facts) => facts.isFile(), () => false);
  if (!isThere) {
    throw new UsageError(`Cannot run pipeline: --pipeline needs a module; ${path} does not exist`);
  }
  await linkCore(dirname(path));
}
