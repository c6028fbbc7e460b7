/**
 * `deno task replay`: options, the processor's own adapters and pixel processes, the selection, the replay, its sums.
 * The walk begins here and goes on in `core/processing/replay_images`.
 */
import { jsonLog } from "@tintype/core/json_log";
import type { AppError } from "@tintype/core/errors";
import { parseTenantPlans } from "@tintype/core/model/tenant_plan";
import type { SelectedImages } from "@tintype/core/ports/image_selector";
import type { ProcessImagePorts } from "@tintype/core/processing/process_ports";
import {
  replayImages,
  type ReplayTally,
  selectForReplay,
} from "@tintype/core/processing/replay_images";
import { webHashing } from "../adapters/web_hashing.ts";
import { CODEC_NAMES } from "../adapters/codec_names.ts";
import { exitCodeOf, stopSignal, UsageError } from "../command.ts";
import { openCloud } from "../command_cloud.ts";
import { requireColumns } from "../columns/require_columns.ts";
import packageJson from "../package.json" with { type: "json" };
import { denoCacheOf } from "../pixels/deno_cache.ts";
import { type PixelPool, startPixelPool } from "../pixels/pixel_pool.ts";
import { HELP, parseReplayOptions, type ReplayCommand } from "./replay_options.ts";

/** Images under way for each pixel process, as in the processor. */
const IMAGES_PER_PROCESS = 3;
const PROGRESS_MS = 2_000;

async function main(): Promise<number> {
  const command = parseReplayOptions(Deno.args);
  if (command === "help") {
    console.log(HELP);
    return 0;
  }
  const { imageRows, columns, ...cloud } = await openCloud(command.cloud);
  const selected = await selectForReplay(
    { selector: imageRows, policy: cloud.policy, clock: Date },
    command,
  );
  const version = `${packageJson.version}+${command.revision}`;
  console.error(announcement(selected, { command, version }));
  if (command.isDryRun || selected.refs.length === 0) {
    const { refs, ...totals } = selected;
    if (command.isJson) console.log(JSON.stringify({ ...totals, replays: refs.length, version }));
    return 0;
  }
  const pixels = await startPixels(command);
  try {
    await requireColumns(columns, pixels.columns);
    const plans = parseTenantPlans(variable("TENANT_PLANS") ?? "{}");
    const ports: ProcessImagePorts = {
      ...cloud,
      pixels,
      plans,
      hashing: webHashing,
      clock: Date,
      processorVersion: version,
    };
    return await replayAll(ports, { selected, command });
  } finally {
    await pixels.close();
  }
}

async function replayAll(
  ports: ProcessImagePorts,
  { selected, command }: { readonly selected: SelectedImages; readonly command: ReplayCommand },
): Promise<number> {
  let toldMs = 0;
  const onEnd = (tally: Readonly<ReplayTally>, failure?: AppError) => {
    if (failure !== undefined) console.error(`failed: ${failure.message}`);
    if (Date.now() - toldMs < PROGRESS_MS) return;
    toldMs = Date.now();
    console.error(`${endedOf(tally)} of ${selected.refs.length}: ${sumsOf(tally)}`);
  };
  const tally = await replayImages(ports, selected.refs, {
    atOnce: command.pixelProcesses * IMAGES_PER_PROCESS,
    mayReject: command.mayReject,
    signal: stopSignal(),
    onEnd,
  });
  const { processorVersion: version } = ports;
  console.log(command.isJson ? JSON.stringify({ ...tally, version }) : sumsOf(tally));
  return tally.failed === 0 ? 0 : 1;
}

async function startPixels({ pixelProcesses }: ReplayCommand): Promise<PixelPool> {
  const named = variable("CODEC") ?? CODEC_NAMES[0];
  const codec = CODEC_NAMES.find((name) => name === named);
  if (codec === undefined) {
    throw new UsageError(`Cannot replay as CODEC must be one of ${CODEC_NAMES.join(", ")}`);
  }
  const log = jsonLog({ part: "replay", write: console.error });
  return await startPixelPool({
    processes: pixelProcesses,
    codec,
    pipeline: variable("PIPELINE"),
    log,
    denoCache: denoCacheOf(Deno.env),
  });
}

/** What the environment holds; empty counts as absent. */
function variable(name: string): string | undefined {
  return Deno.env.get(name) || undefined;
}

function announcement(
  { images, bytes, workMs, refs }: SelectedImages,
  { command, version }: { readonly command: ReplayCommand; readonly version: string },
): string {
  const verb = command.isDryRun ? "would be replayed" : "are replayed";
  const share = images === 0 ? 0 : refs.length / images;
  const gigabytes = (share * bytes / 1e9).toFixed(2);
  const minutes = (share * workMs / 60_000 / command.pixelProcesses).toFixed(1);
  return `${images} images answer to it; ${refs.length} ${verb} as ${version}: about ${gigabytes} GB ` +
    `to read, ${minutes} minutes by what they took before`;
}

function endedOf(tally: Readonly<ReplayTally>): number {
  return Object.values(tally).reduce((sum, count) => sum + count, 0);
}

function sumsOf(tally: Readonly<ReplayTally>): string {
  const sums = Object.entries(tally).filter(([name, count]) => count > 0 || name === "replayed");
  return sums.map(([name, count]) => `${count} ${name.replace("_", " ")}`).join(", ");
}

Deno.exit(await exitCodeOf(main));
