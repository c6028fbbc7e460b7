/**
 * The whole road beside the bare cascade: the same photographs, the same two cores, everything on them. Images/s are
 * counted from the first one sent until the last one is ready; the cascade is run before and after and its better run counts.
 */
import { checkResults } from "@tintype/local/start/check_results";
import { findPictures, type Picture } from "@tintype/cli/find_pictures";
import { type PictureResult, sendThroughEdge } from "@tintype/local/start/send_pictures";
import { sendThroughKafka } from "@tintype/local/start/send_through_kafka";
import { existsSync } from "node:fs";
import { copyFile, mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { findNodeBinary } from "../../tools/node_binary.ts";
import { type Aim, atLeast, quantile, type Suite, type SuiteContext, table } from "../suite.ts";
import { cpuMs, measure, type Measured, rate } from "../processing/measured.ts";
import { familyOf, useOf } from "../process_use.ts";
import { startSystem, type System } from "./system.ts";

const PASSES = 12;
const ROAD_OF_BARE = { edge: 0.5, kafka: 0.4 } as const;
/** So many that nobody but the two cores is waited for. */
const AT_ONCE = 18;
const SHARED = "../shared/images/photos";
const KAFKA = "localhost:9092";
/** Webhooks reach the receiver of the system itself. */
const WITHOUT_WEBHOOKS = { eventMsOf: () => 0 };

/** What a process belongs to, by what its command line holds; the first that fits. */
const PARTS: readonly (readonly [part: string, mark: string])[] = [
  ["pixels", "pixel_process.ts"],
  ["processor", "processor/main.ts"],
  ["edge", "workerd"],
  ["edge around workerd", "edge/serve.ts"],
  ["bridge", "kafka-bridge/main.ts"],
  ["storage", "storage/serve.ts"],
  ["bigquery", "bigquery/serve.ts"],
  ["oidc", "oidc/serve.ts"],
  ["broker", "kafka.Kafka"],
];

/** CPU seconds of each part's living processes. */
type CpuByPart = Readonly<Record<string, number>>;

/** What one source did. */
interface SourceRun {
  readonly source: keyof typeof ROAD_OF_BARE;
  readonly imagesPerSecond: number;
  readonly readyMs: readonly number[];
  /** CPU seconds an image, by part. */
  readonly cpu: CpuByPart;
}

/** The road, source by source. */
export const roadSuite: Suite = {
  name: "road",
  about: "images/s from accepted to ready through each source, beside the bare sharp cascade",
  async run(context) {
    const folder = join(context.root, SHARED);
    if (!existsSync(folder)) {
      throw new Error(`Cannot measure the road as there are no photographs in ${SHARED}`);
    }
    await using temp = await mkdtempDisposable(join(tmpdir(), "tintype-bench-"));
    const scratch = temp.path;
    const photographs = (await findPictures([folder]))
      .filter(({ contentType }) => contentType === "image/jpeg");
    const before = await bareCascade(context, photographs);
    const firstPicture = photographs[0]?.path ?? "";
    const system = await startSystem(context.root, { scratch, firstPicture });
    try {
      const pictures = await repeated(photographs, scratch);
      const sources = [
        await throughSource("edge", pictures, { context, system }),
        await throughSource("kafka", pictures, { context, system }),
      ];
      await system.stop();
      const after = await bareCascade(context, photographs);
      const best = rate(after) > rate(before) ? after : before;
      return report(context, { sources, best, photographs });
    } finally {
      await system.stop();
    }
  },
};

async function bareCascade({ root }: SuiteContext, photographs: readonly Picture[]) {
  const files = photographs.map(({ path }) => path);
  return await measure({ root, way: "cascade", images: PASSES * files.length, files });
}

/** Copies under names of their own, so that each is a picture of its own. */
async function repeated(photographs: readonly Picture[], scratch: string): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    for (const picture of photographs) {
      const path = join(scratch, `${pass}_${picture.name}`);
      await copyFile(picture.path, path);
      pictures.push({ ...picture, name: `${pass}_${picture.name}`, path });
    }
  }
  return pictures;
}

function cpuByPart(pid: number): CpuByPart {
  // Who sends hashes what it sends, on the same cores.
  const seconds: Record<string, number> = { sender: useOf(process.pid).cpuSeconds };
  for (const { command, cpuSeconds } of familyOf(pid)) {
    const part = PARTS.find(([, mark]) => command.includes(mark))?.[0];
    if (part !== undefined) seconds[part] = (seconds[part] ?? 0) + cpuSeconds;
  }
  return seconds;
}

async function throughSource(
  source: "edge" | "kafka",
  pictures: readonly Picture[],
  { context, system }: { readonly context: SuiteContext; readonly system: System },
): Promise<SourceRun> {
  const cpuBefore = cpuByPart(system.pid);
  const startedMs = performance.now();
  const { root } = context;
  const options = {
    atOnce: AT_ONCE,
    onDone: () => undefined,
    signal: new AbortController().signal,
  };
  const kafka = { ...options, brokers: KAFKA, root, node: findNodeBinary(root) };
  const results: PictureResult[] = source === "edge"
    ? await sendThroughEdge(pictures, options)
    : await sendThroughKafka(pictures, kafka);
  const seconds = (performance.now() - startedMs) / 1000;
  const cpuAfter = cpuByPart(system.pid);
  const { lost, doubled } = await checkResults(results, WITHOUT_WEBHOOKS);
  if (lost + doubled > 0) {
    throw new Error(
      `Cannot measure the ${source} as it lost ${lost} and doubled ${doubled} images`,
    );
  }
  const cpu = Object.entries(cpuAfter)
    .map(([part, after]) => [part, (after - (cpuBefore[part] ?? 0)) / pictures.length] as const);
  const readyMs = results.flatMap((result) => result.readyMs === null ? [] : [result.readyMs]);
  return {
    source,
    imagesPerSecond: pictures.length / seconds,
    readyMs,
    cpu: Object.fromEntries(cpu),
  };
}

function report(
  { print }: SuiteContext,
  { sources, best, photographs }: {
    sources: readonly SourceRun[];
    best: Measured;
    photographs: readonly Picture[];
  },
): Aim[] {
  const bareRate = rate(best);
  const names = photographs.map(({ name }) => name).join(", ");
  print(`${PASSES} passes over ${photographs.length} photographs: ${names}\n`);
  print(table(["", "images/s", "of bare", "p50 ready ms", "p95 ready ms"], [
    ["bare cascade", bareRate.toFixed(2), "1.00", "", ""],
    ...sources.map(({ source, imagesPerSecond, readyMs }) => [
      `road from ${source}`,
      imagesPerSecond.toFixed(2),
      (imagesPerSecond / bareRate).toFixed(2),
      quantile(readyMs, 0.5),
      quantile(readyMs, 0.95),
    ]),
  ]));
  const bareCpuMs = cpuMs(best);
  const parts = [...new Set(sources.flatMap(({ cpu }) => Object.keys(cpu)))];
  const ms = (cpu: CpuByPart, part: string) => 1000 * (cpu[part] ?? 0);
  const total = (cpu: CpuByPart) => parts.reduce((sum, part) => sum + ms(cpu, part), 0);
  print(`\nCPU ms an image (bare cascade: ${bareCpuMs.toFixed(0)})\n`);
  print(table(["part", ...sources.map(({ source }) => source)], [
    ...parts.map((part) => [part, ...sources.map(({ cpu }) => ms(cpu, part).toFixed(0))]),
    ["total", ...sources.map(({ cpu }) => total(cpu).toFixed(0))],
    ["total of bare", ...sources.map(({ cpu }) => (total(cpu) / bareCpuMs).toFixed(2))],
  ]));
  return sources.map(({ source, imagesPerSecond }) =>
    atLeast(ROAD_OF_BARE[source], `${source}_images_per_s_of_bare`, imagesPerSecond / bareRate)
  );
}
