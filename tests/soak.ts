/**
 * `deno task soak`: the long forms of campaigns that the tests run a small form of, one after another: the same files,
 * which variables make longer. Exit code 1 where anything was lost or doubled.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import process from "node:process";
import { defineCommand } from "@tintype/cli/command";
import { oneOf, someOf, wholeNumber } from "@tintype/cli/flag_values";
import { endOnInterrupt } from "@tintype/cli/interrupts";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { findNodeBinary } from "../tools/node_binary.ts";
import { SCENARIO_NAMES } from "./trouble/campaign.ts";

/** A campaign: a test file, and the variables that make it long. */
interface Campaign {
  readonly name: string;
  readonly about: string;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

const FAULTS = "faults";
const CAMPAIGNS: readonly Campaign[] = [
  {
    name: FAULTS,
    about: "every fault while pictures go through both sources, alone and then in pairs",
    file: "tests/trouble/trouble_test.ts",
    env: {},
  },
  {
    name: "bridge-crash-points",
    about: "the bridge killed at every crash point, each ten times, 50,000 records",
    file: "kafka-bridge/crash_campaign_test.ts",
    env: { CRASH_ROUNDS: "10", CRASH_RECORDS: "50000" },
  },
  {
    name: "kafka-cluster",
    about:
      "20,000 records of a Java producer by five codecs and in transactions, while every one of three brokers is restarted, two coordinators die and one is cut off for a while",
    file: "kafka-bridge/cluster_test.ts",
    env: { SOAK_RECORDS: "20000" },
  },
  {
    name: "hostile-images",
    about: "every sample flipped and cut at each KiB, two hours",
    file: "processor/pixels/hostile_files_test.ts",
    env: { HOSTILE_MINUTES: "120" },
  },
  {
    name: "erasures",
    about: "1,000 images of a person erased within a minute",
    file: "tests/retention_erasures_test.ts",
    env: { ERASED_IMAGES: "1000" },
  },
  {
    name: "edge-memory",
    about:
      "20,000 uploads through the local edge, the second half of which may leave nothing in it",
    file: "local/edge/serve_test.ts",
    env: { EDGE_UPLOADS: "20000" },
  },
  {
    name: "foreign-clients",
    about:
      "Google's clients for Node, Python and Go, and gsutil, make the same calls of the emulators",
    file: "local/clients/foreign_clients_test.ts",
    env: { FOREIGN_CLIENTS: "node,python,go,gsutil" },
  },
  {
    name: "road-without-native-code",
    about: "the road's walks with CODEC=imagescript",
    file: "tests/road_test.ts",
    env: { CODEC: "imagescript" },
  },
];
const NAMES = CAMPAIGNS.map(({ name }) => name);

const SOAK = defineCommand({
  name: "soak",
  summary: "Runs the long forms of the tests one after another, and prints the seed of the faults.",
  flags: {
    "campaign NAME": { about: `one alone: ${NAMES.join(", ")}`, parse: oneOf(NAMES) },
    "seed N": {
      about:
        "decides order, moments and sizes of the faults (default: the time); the same seed is the same campaign",
      parse: wholeNumber(0),
    },
    "only NAME,...": {
      about: "of the faults these alone, such as kill-edge+kill-storage",
      parse: someOf(SCENARIO_NAMES),
    },
    "pictures N": {
      about: "pictures of each fault, half of them through each source",
      parse: wholeNumber(2),
      default: "100",
    },
    "images DIR":
      "instead of campaigns: how each image of a folder ends, what died, the slowest, the peak, and how far it looks from Chromium and Pillow",
    "python PATH": { about: "a Python that has Pillow, for `--images`", default: "python3" },
    "list": "name every campaign, and every fault and pair",
  },
  exitCodes: { 1: "something was lost or doubled, a pixel process crashed, or a campaign failed" },
});

async function soak(flags: ReturnType<typeof SOAK.parse>): Promise<number> {
  const { only, pictures, seed = Date.now() % 1_000_000, list } = flags;
  if (list) {
    console.log([...NAMES, ...SCENARIO_NAMES].join("\n"));
    return EXIT.done;
  }
  const chosen = only === undefined ? flags.campaign : FAULTS;
  const ending = new AbortController();
  endOnInterrupt(ending, { onFirst: () => console.log("Ending; once more ends at once.") });
  if (flags.images !== undefined) {
    return await soakImages(flags.images, flags.python, ending.signal);
  }
  const trouble = {
    TROUBLE_SEED: String(seed),
    TROUBLE_PICTURES: String(Math.ceil(pictures / 2)),
    ...(only === undefined ? {} : { TROUBLE_ONLY: only.join() }),
  };
  let code: number = EXIT.done;
  for (const campaign of CAMPAIGNS.filter(({ name }) => [name, undefined].includes(chosen))) {
    if (ending.signal.aborted) break;
    console.log(`${campaign.name}: ${campaign.about} (seed ${seed})`);
    const env = { ...campaign.env, ...trouble };
    if (!await passes({ ...campaign, env }, ending.signal)) code = EXIT.failed;
  }
  return code;
}

/** Runs a folder of images through the pool; its output is ours. */
async function soakImages(folder: string, python: string, signal: AbortSignal): Promise<number> {
  const program = resolve(import.meta.dirname ?? ".", "../bench/images/soak_images.ts");
  const child = spawn(process.execPath, ["run", "--allow-all", program, resolve(folder), python], {
    stdio: ["ignore", "inherit", "inherit"],
    signal,
  });
  const [code] = await once(child, "close").catch(() => [null]); // interrupted
  return code === 0 ? EXIT.done : EXIT.failed;
}

/** Runs a campaign, its output on ours; answers whether it passed. */
async function passes({ file, env }: Campaign, signal: AbortSignal): Promise<boolean> {
  const root = resolve(import.meta.dirname ?? ".", "..");
  const onNode = ["--disable-warning=TimeoutNegativeWarning", "--test", "--test-reporter=spec"];
  const onDeno = ["test", "--allow-all", "--import-map=tools/test/deno_import_map.json"];
  const [program, flags] = file.startsWith("processor/")
    ? [process.execPath, onDeno] as const
    : [findNodeBinary(root), onNode] as const;
  const child = spawn(program, [...flags, file], {
    cwd: root,
    // A broker that cannot be had is a failure here, not a skipped test.
    env: { ...process.env, CI: "true", ...env },
    stdio: ["ignore", "inherit", "inherit"],
    signal,
  });
  const [code] = await once(child, "close").catch(() => [null]); // interrupted
  return code === 0;
}

await runMain(SOAK, soak);
