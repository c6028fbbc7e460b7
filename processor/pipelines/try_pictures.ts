import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, parse } from "node:path";
import type { Picture } from "@tintype/cli/find_pictures";
import { shownText } from "@tintype/cli/shown_text";
import {
  contactSheet,
  ownValuesOf,
  renditionFile,
  type SheetEntry,
  summaryOf,
} from "./contact_sheet.ts";
import { type Trial, type TrialOptions, Trials } from "./trial.ts";

/** What pictures are tried with, and where the results go. */
interface TryOptions extends TrialOptions {
  /** A folder of ours: what a run before left in it goes. */
  readonly out: string;
}

/** Renders pictures one after the other, prints and writes what came out; returns whether every one is ready. */
export async function tryPictures(
  pictures: readonly Picture[],
  { out, ...options }: TryOptions,
): Promise<boolean> {
  await using trials = new Trials(options);
  await trials.start();
  const title = trials.pipeline === undefined
    ? "pipeline without a name"
    : `${trials.pipeline.name} ${trials.pipeline.version}`;
  console.log(title);
  const entries: SheetEntry[] = [];
  for (const [index, { name, path }] of pictures.entries()) {
    const trial = await trials.render(name, path);
    const folder = `${index + 1}-${parse(name).name.replaceAll(/[^A-Za-z0-9._-]/g, "_")}`;
    entries.push({ folder, trial });
    print(trial);
    await store(join(out, folder), trial);
  }
  await writeFile(join(out, "index.html"), contactSheet(title, entries));
  const results = entries.map(({ folder, trial: { rendered, ...facts } }) => ({
    folder,
    ...facts,
    ...factsOf(rendered),
  }));
  await writeFile(join(out, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
  console.log(`Contact sheet: ${join(out, "index.html")}`);
  return entries.every(({ trial }) => trial.rendered !== undefined);
}

function print(trial: Trial): void {
  console.log(`${shownText(trial.name)}: ${shownText(summaryOf(trial))}`);
  for (const line of trial.printed) console.log(`  | ${shownText(line)}`);
  if (trial.rendered === undefined) return;
  const sizes = trial.rendered.renditions.map(({ name, width, height, bytes }) =>
    `${name} ${width} × ${height}, ${Math.ceil(bytes.length / 1_000)} kB`
  );
  console.log(`  ${sizes.join("; ")}`);
  for (const [name, value] of ownValuesOf(trial.rendered)) {
    console.log(`  ${name} = ${shownText(value)}`);
  }
}

async function store(folder: string, { rendered }: Trial): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const rendition of rendered?.renditions ?? []) {
    await writeFile(join(folder, renditionFile(rendition)), rendition.bytes);
  }
}

function factsOf(rendered: Trial["rendered"]) {
  if (rendered === undefined) return {};
  const { renditions, ...facts } = rendered;
  return {
    ...facts,
    renditions: renditions.map(({ bytes, ...rest }) => ({ ...rest, bytes: bytes.length })),
  };
}
