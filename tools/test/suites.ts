/**
 * The suites of `deno task test`. All take free ports, or ports of their own, so that any of them can run at a time.
 */

import { globSync } from "node:fs";

/** One suite: which files, on which runtime, with which flags. */
export interface Suite {
  readonly name: string;
  /** `check` runs the steps of `deno task check`, each of which counts as a test. */
  readonly runtime: "check" | "deno" | "node";
  /** Folders, or beginnings of paths, whose `*_test.ts` files belong to the suite that names the longest one. */
  readonly folders: readonly string[];
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether Deno loads all files into one isolate: one for each costs more than most files. Hooks of a file are then the suite's. */
  readonly isOneModule?: boolean;
  /** Seconds that it takes alone on two cores, about: longer ones begin first. */
  readonly weight: number;
  /** What it needs beside the runtime, for `--list`. */
  readonly needs: string;
}

const ALL = ["--allow-all"];
/** A process for each file costs more than most files. */
const ONE_PROCESS = ["--test-isolation=none"];
const ONE_FILE_AT_ONCE = ["--test-concurrency=1"];
const TWO_FILES_AT_ONCE = ["--test-concurrency=2"];
// kafkajs sets timers to minus the time of day where no broker throttles it, which means at once.
const KAFKAJS = ["--disable-warning=TimeoutNegativeWarning"];

/** Each run of the whole system has ports of its own; the usual ones are those of the commands that look for it there. */
function portsAt(offset: number): Readonly<Record<string, string>> {
  return { TINTYPE_PORT_OFFSET: String(offset) };
}

const SYSTEM = "loopback, all parts but Kafka; Chromium";
const BROKER = "loopback, all parts; a JDK for a broker";

/** Suites by name; one runs on Node, has no flags and needs nothing where it does not say so. */
const TABLE: Readonly<
  Record<string, Pick<Suite, "folders" | "weight"> & Partial<Suite>>
> = {
  "check": { runtime: "check", folders: [], weight: 45 },
  "gcs-deno": {
    runtime: "deno",
    folders: ["gcs", "pubsub"],
    isOneModule: true,
    weight: 1,
    needs: "no permission",
  },
  "gcs-node": { folders: ["gcs", "pubsub"], flags: ONE_PROCESS, weight: 1 },
  "core-deno": {
    runtime: "deno",
    folders: ["core"],
    isOneModule: true,
    weight: 8,
    needs: "no permission",
  },
  // The keeper's use cases, some of them through every order of steps: Node programs have none of them.
  "core-keeper": {
    runtime: "deno",
    folders: ["core/retention"],
    isOneModule: true,
    weight: 25,
    needs: "no permission",
  },
  "core-node": { folders: ["core"], flags: ONE_PROCESS, weight: 8 },
  "tools": {
    runtime: "deno",
    folders: ["tools", "cli"],
    flags: ALL,
    isOneModule: true,
    weight: 10,
    needs: "temp folders",
  },
  "client-deno": {
    runtime: "deno",
    folders: ["client"],
    flags: ALL,
    isOneModule: true,
    weight: 7,
    needs: "loopback",
  },
  "client-node": {
    folders: ["client", "cli", "examples"],
    flags: ONE_PROCESS,
    weight: 8,
    needs: "loopback",
  },
  "page": { folders: ["page"], flags: TWO_FILES_AT_ONCE, weight: 1 },
  "infra": {
    folders: ["infra"],
    flags: ONE_PROCESS,
    weight: 40,
    needs: "Python with sqlglot; Java with Maven for ZetaSQL",
  },
  // Others' programs, images from their own lines and simulated days: one after another.
  "infra-programs": {
    folders: ["infra/check/infra_check_test", "infra/containers", "infra/cost"],
    flags: ONE_PROCESS,
    weight: 110,
    needs: "Python with checkov, hadolint; Go for actionlint; Terraform",
  },
  "local": {
    folders: ["local"],
    flags: ONE_PROCESS,
    weight: 60,
    needs: "loopback, DuckDB; Python with three of Google's clients",
  },
  "processor": {
    runtime: "deno",
    folders: ["processor"],
    flags: ALL,
    isOneModule: true,
    weight: 40,
    needs: "loopback, sharp",
  },
  // It kills every pixel process of its own process.
  "pixels": {
    runtime: "deno",
    folders: ["processor/pixels"],
    flags: ALL,
    weight: 45,
    needs: "child processes",
  },
  "edge": { folders: ["edge"], flags: ONE_PROCESS, weight: 12, needs: "loopback" },
  // Some wait for what never comes: an issuer's keys, an image.
  "workerd": {
    folders: ["edge/bundle", "edge/rotation", "edge/schemathesis", "edge/worker_"],
    flags: TWO_FILES_AT_ONCE,
    weight: 75,
    needs: "loopback, workerd; Python with schemathesis",
  },
  "kafka-bridge": {
    folders: ["kafka-bridge"],
    flags: [...ONE_PROCESS, ...KAFKAJS],
    weight: 25,
    needs: "loopback",
  },
  "brokers": {
    folders: [
      "kafka-bridge/cluster_test",
      "kafka-bridge/crash_campaign_test",
      "kafka-bridge/kafka_test",
      "kafka-bridge/trouble_test",
    ],
    flags: [...TWO_FILES_AT_ONCE, ...KAFKAJS],
    weight: 190,
    needs: "loopback; a JDK and openssl for brokers",
  },
  "clients": {
    folders: ["tests/client_"],
    flags: [...ONE_FILE_AT_ONCE, "--test-global-setup=tests/_shared_edge.ts"],
    weight: 65,
    needs: "loopback, workerd; Chromium, curl and jq",
  },
  // Redrive, rebuild-rows and the audit look for the system at its usual ports.
  "trouble": {
    folders: ["tests/trouble"],
    flags: [...ONE_FILE_AT_ONCE, ...KAFKAJS],
    weight: 130,
    needs: BROKER,
  },
  "retention": {
    folders: ["tests/retention_"],
    flags: ONE_FILE_AT_ONCE,
    env: portsAt(100),
    weight: 100,
    needs: BROKER,
  },
  "erasures": {
    folders: ["tests/retention_erasures"],
    flags: ONE_FILE_AT_ONCE,
    env: portsAt(400),
    weight: 35,
    needs: SYSTEM,
  },
  "system": {
    folders: [
      "tests/road_",
      "tests/entry_points_",
      "tests/settings",
      "tests/browser/page_",
    ],
    flags: [...ONE_FILE_AT_ONCE, "--test-global-setup=tests/_shared_system.ts"],
    env: portsAt(200),
    weight: 95,
    needs: SYSTEM,
  },
  "deliveries": {
    folders: ["tests"],
    flags: ONE_FILE_AT_ONCE,
    env: portsAt(300),
    weight: 60,
    needs: SYSTEM,
  },
  "start": {
    folders: ["tests/start_command"],
    flags: ONE_FILE_AT_ONCE,
    env: portsAt(500),
    weight: 85,
    needs: SYSTEM,
  },
};

/** All suites. */
export const SUITES: readonly Suite[] = Object.entries(TABLE)
  .map(([name, suite]) => ({ name, runtime: "node", flags: [], needs: "nothing", ...suite }));

/** Every test file of the repository at `root`, as sorted paths from there. */
export function listTestFiles(root: string): string[] {
  const exclude = ["**/node_modules/**", "**/.*/**"];
  return globSync("**/*_test.ts", { cwd: root, exclude }).sort();
}

/** The suite's test files among `files`, both as paths from the root. */
export function testFilesOf(suite: Suite, files: readonly string[]): string[] {
  const lengthIn = ({ folders }: Suite, path: string) =>
    Math.max(0, ...folders.filter((folder) => path.startsWith(folder)).map(({ length }) => length));
  return files.filter((path) => {
    const length = lengthIn(suite, path);
    const isOurs = length > 0 && SUITES.every((other) => lengthIn(other, path) <= length);
    return isOurs && path.endsWith("_test.ts");
  });
}
