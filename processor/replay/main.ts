/**
 * `deno task replay`: options, the processor's own adapters and pixel processes, the selection, the replay, its sums.
 * The flow begins here and goes on in `core/processing/replay_images`.
 */
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { jsonLog } from "@tintype/core/json_log";
import type { AppError } from "@tintype/core/errors";
import type { SelectedImages } from "@tintype/core/ports/image_selector";
import {
  replayImages,
  type ReplayTally,
  selectForReplay,
} from "@tintype/core/processing/replay_images";
import { webHashing } from "../adapters/web_hashing.ts";
import { CODEC_NAMES } from "../adapters/codec_names.ts";
import { openCloud } from "../command_cloud.ts";
import { requireColumns } from "../columns/require_columns.ts";
import packageJson from "../package.json" with { type: "json" };
import { denoCacheOf } from "../pixels/deno_cache.ts";
import { type PixelPool, startPixelPool } from "../pixels/pixel_pool.ts";
import { stopSignal } from "../stop_signal.ts";
import { REPLAY, type ReplayCommand, requireSelection } from "./replay_options.ts";

/** Images under way for each pixel process, as in the processor. */
const IMAGES_PER_PROCESS = 3;
const PROGRESS_MS = 2_000;

async function replay(command: ReplayCommand): Promise<number> {
  const { imageRows: selector, columns, ...cloud } = await openCloud(command);
  const selected = await selectForReplay({ ...cloud, selector, clock: Date }, command);
  const version = `${packageJson.version}+${command.revision}`;
  console.error(announcement(selected, command, version));
  if (command.dryRun || selected.refs.length === 0) {
    const { refs, ...totals } = selected;
    if (command.json) console.log(JSON.stringify({ ...totals, replays: refs.length, version }));
    return EXIT.done;
  }
  const pixels = await startPixels(command);
  try {
    await requireColumns(columns, pixels.columns);
    const stores = { ...cloud, pixels, hashing: webHashing, clock: Date };
    const tally = await replayImages({ ...stores, processorVersion: version }, selected.refs, {
      atOnce: command.processes * IMAGES_PER_PROCESS,
      mayReject: command.mayReject,
      signal: stopSignal(),
      onEnd: reporter(selected.refs.length),
    });
    console.log(command.json ? JSON.stringify({ ...tally, version }) : sumsOf(tally));
    return tally.failed === 0 ? EXIT.done : EXIT.failed;
  } finally {
    await pixels.close();
  }
}

/** Prints each failure, and every two seconds how far the replay is. */
function reporter(images: number) {
  let reportedMs = 0;
  return (tally: Readonly<ReplayTally>, failure?: AppError) => {
    if (failure !== undefined) console.error(`failed: ${failure.message}`);
    if (Date.now() - reportedMs < PROGRESS_MS) return;
    reportedMs = Date.now();
    const ended = Object.values(tally).reduce((sum, count) => sum + count, 0);
    console.error(`${ended} of ${images}: ${sumsOf(tally)}`);
  };
}

async function startPixels({ processes }: ReplayCommand): Promise<PixelPool> {
  const named = variable("CODEC") ?? CODEC_NAMES[0];
  const codec = CODEC_NAMES.find((name) => name === named);
  if (codec === undefined) {
    const allowed = CODEC_NAMES.join(", ");
    throw new UsageError(`Cannot run replay: CODEC must be one of ${allowed} (got "${named}")`);
  }
  const log = jsonLog({ part: "replay", write: console.error });
  const [pipeline, denoCache] = [variable("PIPELINE"), denoCacheOf(Deno.env)];
  return await startPixelPool({ processes, codec, pipeline, log, denoCache });
}

/** What the environment holds; empty counts as absent. */
function variable(name: string): string | undefined {
  return Deno.env.get(name) || undefined;
}

function announcement(
  { images, bytes, workMs, refs }: SelectedImages,
  command: ReplayCommand,
  version: string,
): string {
  const verb = command.dryRun ? "would be replayed" : "are replayed";
  const share = images === 0 ? 0 : refs.length / images;
  const gigabytes = (share * bytes / 1e9).toFixed(2);
  const minutes = (share * workMs / 60_000 / command.processes).toFixed(1);
  return `${images} images answer to it; ${refs.length} ${verb} as ${version}: about ${gigabytes} GB ` +
    `to read, ${minutes} minutes by what they took before`;
}

function sumsOf(tally: Readonly<ReplayTally>): string {
  const sums = Object.entries(tally).filter(([name, count]) => count > 0 || name === "replayed");
  return sums.map(([name, count]) => `${count} ${name.replace("_", " ")}`).join(", ");
}

await runMain(REPLAY, (call) => replay(requireSelection(call)));
