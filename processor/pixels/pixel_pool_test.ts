import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pixelInsightsSchema } from "@tintype/core/model/insights";
import { ImageRejected, type RejectReason } from "@tintype/core/model/reject_reason";
import type { LogFields } from "@tintype/core/ports/log";
import type { RenderRequest } from "@tintype/core/ports/pixel_engine";
import { quarters } from "@tintype/core/testing/drawing";
import { denoFlags, LOCAL_HOSTS } from "../permissions.ts";
import { makeSample, renderRequestOf } from "../testing/samples.ts";
import { denoCacheOf } from "./deno_cache.ts";
import { type PixelPool, type PixelPoolOptions, startPixelPool } from "./pixel_pool.ts";

const HOSTILE = new URL("../testing/hostile_pipeline.ts", import.meta.url).href;
/** What a small picture may take of the processor. */
const DEADLINE_MS = 2_000;
/** What the hostile pipeline takes for a slow picture. */
const SLOW_MS = 800;

const lines: { event: string; fields: LogFields | undefined }[] = [];
const write = (event: string, fields?: LogFields) => void lines.push({ event, fields });
const log = { info: write, warn: write, error: write };

let pool: PixelPool;

/** A pool of one process with the hostile pipeline. */
async function start(
  options: Partial<PixelPoolOptions> = {},
): Promise<PixelPool & AsyncDisposable> {
  const limits = { processes: 1, pipeline: HOSTILE };
  const started = await startPixelPool({
    ...limits,
    log,
    denoCache: denoCacheOf(Deno.env),
    ...options,
  });
  return Object.assign(started, { [Symbol.asyncDispose]: () => started.close() });
}

async function picture(width: number, height = 40): Promise<RenderRequest> {
  return await renderRequestOf(
    await makeSample(quarters(width, height), { mediaType: "image/png" }),
  );
}

async function rejects(
  engine: PixelPool,
  width: number,
  reason: RejectReason,
): Promise<ImageRejected> {
  const request = await picture(width);
  const error: unknown = await engine.render(request).then(() => undefined, (thrown) => thrown);
  assert.ok(error instanceof ImageRejected, `${width}: ${error}`);
  assert.equal(error.reason, reason);
  return error;
}

/** The next good picture is unaffected by what came before. */
async function stillWorks(engine: PixelPool): Promise<void> {
  assert.equal((await engine.render(await picture(300))).renditions.length, 3);
}

before(async () => {
  pool = await start();
});
after(() => pool.close());

test("a pool renders a picture: renditions, insights, the pipeline's own, the engine", async () => {
  const rendered = await pool.render(await picture(900, 600));
  assert.deepEqual(rendered.renditions.map((r) => [r.name, r.width, r.height]), [
    ["large", 900, 600],
    ["medium", 800, 533],
    ["thumb", 200, 133],
  ]);
  for (const { bytes } of rendered.renditions) {
    assert.deepEqual([...bytes.subarray(0, 2)], [0xff, 0xd8]);
  }
  pixelInsightsSchema.parse(rendered.insights);
  assert.equal(typeof rendered.custom["step_width"], "number");
  assert.match(rendered.engine, /^sharp \d/);
});

test("a pool answers more pictures than it has processes", async () => {
  const requests = await Promise.all(Array.from({ length: 6 }, (_, n) => picture(200 + n)));
  const all = await Promise.all(requests.map((request) => pool.render(request)));
  const widths = all.map(({ renditions }) => renditions[0]?.width);
  assert.deepEqual(widths, [200, 201, 202, 203, 204, 205]);
});

test("a step that throws costs its picture, and the log says so", async () => {
  const { detail } = await rejects(pool, 101, "processing_limit");
  assert.equal(detail, "the pipeline's step hostile broke");
  await stillWorks(pool);
  const written = lines.filter(({ event }) => event === "pixel_process_stderr");
  assert.ok(written.some(({ fields }) => String(fields?.["line"]).includes("TypeError: broken")));
});

test("a step that refuses a picture rejects it", async () => {
  assert.match((await rejects(pool, 105, "pipeline_rejected")).detail, /105/);
});

test("a step that hangs is stopped at the deadline", async () => {
  const startedMs = performance.now();
  await rejects(pool, 102, "processing_limit");
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs >= DEADLINE_MS * 0.8 && tookMs < DEADLINE_MS * 8, `${tookMs} ms`);
  await stillWorks(pool);
});

test("a step that ends the process is tried twice", async () => {
  const died = () => lines.filter(({ event }) => event === "pixel_process_died").length;
  const before = died();
  await rejects(pool, 103, "processing_limit");
  assert.equal(died() - before, 2);
  await stillWorks(pool);
});

for (const [how, width] of [["bit by bit", 104], ["without a pause", 110]] as const) {
  test(`a step that takes memory ${how} is stopped at the bound`, async () => {
    await using small = await start({ maxMemoryBytes: 512 * 2 ** 20 });
    assert.match((await rejects(small, width, "processing_limit")).detail, /memory/);
    await stillWorks(small);
  });
}

test("the bounds hold where the parent has the processor's permissions and no more", async () => {
  const flags = denoFlags("processor", { denoPath: Deno.execPath(), hosts: LOCAL_HOSTS });
  const program = new URL("../testing/hostile_pool.ts", import.meta.url);
  const { bytes } = await picture(110);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, program.pathname],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(bytes);
  await writer.close();
  const { stdout } = await child.output();
  assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
    reason: "processing_limit",
    detail: "it took more memory than an image may",
  });
});

for (
  const [what, width] of [["the network", 107], ["the disk", 108], ["other programs", 109]] as const
) {
  test(`a step has no right to ${what}`, async () => {
    await rejects(pool, width, "processing_limit");
    assert.match(lastStderr(), /NotCapable/);
  });
}

test("a pixel process uses the cache folder that the pool is given", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const cached = await start({ denoCache: { DENO_DIR: folder } });
    await cached.close();
    assert.notDeepEqual(Array.from(Deno.readDirSync(folder)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** What the last pixel process that said something said. */
const lastStderr = () =>
  String(lines.findLast(({ event }) => event === "pixel_process_stderr")?.fields?.["line"]);

test("a process that is killed from outside gives its picture a second try", async () => {
  lines.length = 0;
  const rendering = pool.render(await picture(106));
  const pid = await firstSlowPid();
  Deno.kill(pid, "SIGKILL");
  assert.equal((await rendering).renditions.length, 3);
});

test("a picture that is given up frees its place at once", async () => {
  const controller = new AbortController();
  const hanging = pool.render(await picture(102), { signal: controller.signal });
  setTimeout(() => controller.abort(new Error("given up")), 200);
  await assert.rejects(hanging, /given up/);
  await stillWorks(pool);
});

test("an idle process that dies is replaced", async () => {
  lines.length = 0;
  await pool.render(await picture(106));
  Deno.kill(await firstSlowPid(), "SIGKILL");
  await stillWorks(pool);
});

test("a pool of imagescript runs without the right to native code", async () => {
  await using portable = await start({ codec: "imagescript" });
  const { engine, renditions } = await portable.render(await picture(900, 600));
  assert.match(engine, /^imagescript \d/);
  assert.deepEqual(renditions.map(({ width }) => width), [900, 800, 200]);
  await rejects(portable, 111, "processing_limit");
  assert.match(lastStderr(), /NotCapable/);
});

/** How many of two pictures a pool of two processes takes at once. */
async function takenAtOnce(maxRunningMegapixels: number): Promise<number> {
  await using wide = await start({ processes: 2, maxRunningMegapixels });
  const requests = await Promise.all([picture(300), picture(301)]);
  const rendering = requests.map((request, at) => wide.render(request, { tenant: `${at}` }));
  const taken = wide.renderingOf("0") + wide.renderingOf("1");
  await Promise.all(rendering);
  return taken;
}

test("pictures run side by side up to the megapixels of all", async () => {
  assert.deepEqual([await takenAtOnce(0.02), await takenAtOnce(0.03)], [1, 2]);
});

test("a tenant's pictures leave a process to others, and those that find none in time are refused", async () => {
  await using four = await start({ processes: 4, maxWaitMs: SLOW_MS / 4 });
  const ended: string[] = [];
  const render = async (tenant: string, width: number) => {
    await four.render(await picture(width), { tenant });
    ended.push(tenant);
  };
  const slow = Promise.all([1, 2, 3].map(() => render("flood", 106)));
  while (four.renderingOf("flood") < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  const late = render("flood", 301);
  await Promise.all([render("other", 300), assert.rejects(late, { code: "rate_limited" })]);
  assert.deepEqual(ended, ["other"]);
  await slow;
});

test("a pool that closes finishes what it has, takes nothing more and leaves no process", async () => {
  const closing = await start();
  lines.length = 0;
  const slow = closing.render(await picture(106));
  const pid = await firstSlowPid();
  const closed = closing.close();
  await assert.rejects(closing.render(await picture(300)), { code: "unavailable" });
  assert.equal((await slow).renditions.length, 3);
  await closed;
  assert.throws(() => Deno.kill(pid, "SIGCONT"));
});

test("startPixelPool() fails where the pipeline cannot be loaded", async () => {
  const pipeline = new URL("not_there.ts", import.meta.url).href;
  await assert.rejects(start({ pipeline }), /Cannot start/);
});

/** The process that said it is slow, as the hostile pipeline prints it. */
async function firstSlowPid(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const written = lines.map(({ fields }) => /slow in (\d+)/.exec(String(fields?.["line"]))?.[1]);
    const pid = written.find((found) => found !== undefined);
    if (pid !== undefined) return Number(pid);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("Cannot find the slow process as it did not tell its id in five seconds");
}
