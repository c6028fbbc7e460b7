/**
 * `deno task start`: make sure that it can start, start the parts, send the pictures, say what happened, end in order.
 */
import { findPictures, type Picture, type UnsentFile } from "@tintype/cli/find_pictures";
import { shownText } from "@tintype/cli/shown_text";
import { endOnInterrupt } from "@tintype/cli/interrupts";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findNodeBinary } from "../../tools/node_binary.ts";
import { startTraceCollector, type TraceCollector } from "../trace/trace_collector.ts";
import { checkResults, type StartReport } from "./check_results.ts";
import {
  type LocalWebhooks,
  makeDays,
  readTenants,
  type TenantFiles,
  uploadTenants,
  watchTenants,
  webhookSecrets,
} from "./configuration.ts";
import { type Console, makeConsole } from "./console.ts";
import { drawSamples } from "./draw_samples.ts";
import { greeting } from "./greeting.ts";
import { type Identities, loadIdentities, originalsKeyFile, publicKeyFile } from "./identities.ts";
import { PORTS, TRACES_PORT } from "./local_names.ts";
import {
  type Door,
  type OpenDoors,
  openDoors,
  START,
  type StartOptions,
  startOptionsOf,
} from "./options.ts";
import { type Part, type PartCommand, startPart } from "./part_process.ts";
import {
  bridgePart,
  brokerPart,
  cloudParts,
  edgePart,
  keeperPart,
  type PartsContext,
  processorPart,
  webhooksPart,
} from "./parts.ts";
import { requireFreePorts } from "./ports_free.ts";
import { hideNegativeTimeoutWarnings } from "./quiet_warnings.ts";
import { reportTable } from "./report_table.ts";
import { type PictureResult, sendThroughEdge } from "./send_pictures.ts";
import { sendThroughKafka } from "./send_through_kafka.ts";
import { showTraces } from "./show_traces.ts";
import { waitUntilPurged } from "./wait_purged.ts";
import { RECEIVER_ID, startWebhookReceiver, type WebhookReceiver } from "./webhook_receiver.ts";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const LOCAL_BROKER = `localhost:${PORTS.kafka}`;
const STOP_GRACE_MS = 10_000;
/** What parts inherit of the environment; they get everything else by name. */
const INHERITED = [
  "PATH",
  "HOME",
  "TMPDIR",
  "LANG",
  "DENO_DIR",
  "NODE_COMPILE_CACHE",
  "JAVA_HOME",
  "XDG_CACHE_HOME",
  "MALLOC_ARENA_MAX",
  "CODEC",
  "PIPELINE",
  "PIXEL_PROCESSES",
  "PUSH_CONCURRENCY",
  "PUSH_MIN_BACKOFF_MS",
  "PUSH_MAX_BACKOFF_MS",
];

async function start(options: StartOptions): Promise<number> {
  const out = options.json ? process.stderr : process.stdout;
  const console = makeConsole((text) => void out.write(text), out.isTTY === true);
  const ending = new AbortController();
  /** The parts that run, in the order of their start. */
  const running: Part[] = [];
  const dataDir = await dataFolder(options);
  endOnInterrupt(ending, {
    onFirst: () => console.say("Ending; once more ends at once."),
    onSecond: () => {
      for (const part of running) part.kill();
      if (options.data === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
    reason: new Error("ended by a signal"),
  });
  // A failure that nothing awaits must not leave the parts running.
  for (const event of ["unhandledRejection", "uncaughtException"] as const) {
    process.on(event, (error: unknown) => {
      if (ending.signal.aborted) return;
      console.say(`Cannot go on as something is wrong here: ${error}`);
      ending.abort(error);
    });
  }
  // Nobody reads the output any more, as in `start | head`: the parts must not outlive it.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error) => ending.abort(error));
  }
  try {
    return await run({ options, console, dataDir, running, ending });
  } catch (error) {
    if (ending.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    for (const part of running) part.quiet();
    // The sources first and the stores last, so that what is under way finds what it needs.
    for (const part of running.toReversed()) await part.stop(STOP_GRACE_MS);
    if (options.data === undefined) await rm(dataDir, { recursive: true, force: true });
  }
}

interface Run {
  readonly options: StartOptions;
  readonly console: Console;
  readonly dataDir: string;
  readonly running: Part[];
  readonly ending: AbortController;
}

/** A run whose tenants' objects are known and right. */
interface Configured extends Run {
  readonly tenants: TenantFiles;
  readonly webhooks: LocalWebhooks;
  readonly identities: Identities;
}

async function run(context: Run): Promise<number> {
  const { options, console, dataDir, running, ending } = context;
  const doors = await openDoors(options, process.env["KAFKA_BROKERS"]);
  const identities = await loadIdentities(join(dataDir, "identities.json"));
  const receiver = await startWebhookReceiver({ masterSecret: identities.webhookMaster });
  const { close } = receiver;
  running.push({ ready: async () => {}, quiet() {}, stop: async () => close(), kill: close });
  const { webhook } = options;
  const webhooks = {
    [RECEIVER_ID]: receiver.url,
    ...webhook === undefined ? {} : { webhook },
  };
  const tenants = await readTenants(options.tenants, webhooks).catch((error: Error) => {
    throw new UsageError(`Cannot use the tenants' objects: ${error.message}`);
  });
  const onUnsent = ({ name, reason }: UnsentFile) =>
    console.say(shownText(`${name}: not sent: ${reason}`));
  const named = options.images === undefined
    ? undefined
    : await findPictures([options.images], { onUnsent });
  // What was asked for is judged before the machine is.
  await requireFreePorts({ ...portsOf(doors), ...(options.trace ? { traces: TRACES_PORT } : {}) });
  const collector = options.trace ? await startTraceCollector(TRACES_PORT) : undefined;
  const pictures = named ?? await samplePictures(dataDir);
  if (doors.note !== undefined) console.say(doors.note);
  await startAll({ ...context, tenants, webhooks, identities }, doors, collector);
  const keys = {
    publicKey: publicKeyFile(dataDir),
    originalsKey: originalsKeyFile(dataDir),
  };
  console.say(greeting(pictures, { ...doors, ...keys }));
  if (webhook !== undefined) {
    console.say(await webhookSecrets(identities.webhookMaster, "webhook"));
  }
  const report = await sendAll(pictures, { ...doors, receiver }, context);
  if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else console.say(`\n${reportTable(report)}\n`);
  if (collector !== undefined) console.say(`${await showTraces(collector, report.images)}\n`);
  if (options.once) return report.lost + report.doubled === 0 && report.purged !== false ? 0 : 1;
  if (!ending.signal.aborted) await once(ending.signal, "abort");
  return 0;
}

function portsOf({ doors, brokers }: OpenDoors): Record<string, number> {
  const { kafka, bridge, ...road } = PORTS;
  if (!doors.includes("kafka")) return road;
  return brokers === undefined
    ? { ...road, bridge, kafka, controller: kafka + 1 }
    : { ...road, bridge };
}

async function samplePictures(dataDir: string): Promise<Picture[]> {
  const folder = join(dataDir, "samples");
  if (!existsSync(folder)) await drawSamples(folder);
  return await findPictures([folder]);
}

async function startAll(
  { options, console, dataDir, running, ending, ...configured }: Configured,
  { doors, brokers }: OpenDoors,
  collector: TraceCollector | undefined,
): Promise<void> {
  const context: PartsContext = {
    root: ROOT,
    dataDir,
    node: findNodeBinary(ROOT),
    deno: process.execPath,
    identities: configured.identities,
    retentionMs: options.retentionMs,
    verbose: options.verbose,
    collectorUrl: collector?.url,
    inherited: Object.fromEntries(
      INHERITED.flatMap((name) => name in process.env ? [[name, process.env[name] ?? ""]] : []),
    ),
  };
  const onGivenUp = (text: string) => {
    console.say(`Cannot go on as ${text}`);
    ending.abort(new Error(text));
  };
  const hasKafka = doors.includes("kafka");
  const bridge = hasKafka ? [bridgePart(context, brokers ?? LOCAL_BROKER)] : [];
  const start = async (commands: readonly PartCommand[]) => {
    const parts = commands.map((part) =>
      startPart(part, { console, verbose: options.verbose, onGivenUp })
    );
    running.push(...parts);
    const abort = once(ending.signal, "abort").then(() => Promise.reject(ending.signal.reason));
    ending.signal.throwIfAborted();
    await Promise.race([Promise.all(parts.map((part) => part.ready())), abort]);
  };
  const cloudStart = start(cloudParts(context));
  const brokerStart = start(hasKafka && brokers === undefined ? [brokerPart(context)] : []);
  brokerStart.catch(() => undefined); // reported where it is awaited
  await cloudStart;
  await start([keeperPart(context)]);
  await configure({ options, console, ending, ...configured });
  await start([processorPart(context), webhooksPart(context), edgePart(context)]);
  // Only the bridge needs the broker, whose start takes longest.
  await brokerStart;
  await start(bridge);
}

/** Without days' salts and tenants no source takes an image. */
async function configure(
  { options, console, ending, tenants, webhooks }: Omit<Configured, "dataDir" | "running">,
): Promise<void> {
  await makeDays();
  await uploadTenants(tenants);
  const { signal } = ending;
  if (options.tenants !== undefined) watchTenants(options.tenants, webhooks, { console, signal });
}

async function sendAll(
  pictures: readonly Picture[],
  { doors, brokers, receiver }: OpenDoors & { readonly receiver: WebhookReceiver },
  { options, console, ending }: Run,
): Promise<StartReport> {
  const total = pictures.length * doors.length;
  let done = 0;
  const send = { onDone: () => console.progress(++done, total, "pictures"), signal: ending.signal };
  const producer = { root: ROOT, node: findNodeBinary(ROOT) };
  const kafka = { ...send, ...producer, brokers: brokers ?? LOCAL_BROKER };
  const through = {
    edge: () => sendThroughEdge(pictures, send),
    kafka: () => sendThroughKafka(pictures, kafka),
  } as const satisfies Record<Door, () => Promise<PictureResult[]>>;
  const results = await Promise.all(doors.map((door) => through[door]()));
  // What was not sent any more is neither lost nor doubled: there is nothing to report.
  ending.signal.throwIfAborted();
  const report = await checkResults(results.flat(), receiver);
  if (!options.once || options.retention === undefined) return report;
  console.say(
    `waiting for everything to disappear (${options.retentionMs / 1000} s after each upload)`,
  );
  const purged = await waitUntilPurged(console, options.retentionMs, ending.signal);
  return { ...report, purged };
}

async function dataFolder({ data }: StartOptions): Promise<string> {
  if (data === undefined) return await mkdtemp(join(tmpdir(), "tintype-"));
  await mkdir(data, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`Cannot keep state in ${data} as it cannot be a folder: ${error.code}`);
  });
  return data;
}

hideNegativeTimeoutWarnings();
await runMain(START, (call) => start(startOptionsOf(call)));
