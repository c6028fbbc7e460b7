/** The suites of `deno task test`; all but the walks take free ports, so that several can run at a time. */

import { globSync } from "node:fs";

/** One suite: which files, on which runtime, with which flags. */
export interface Suite {
  readonly name: string;
  /** `check` runs the steps of `deno task check`, each of which counts as a test. */
  readonly runtime: "check" | "deno" | "node";
  /** Folders, or beginnings of paths, whose `*_test.ts` files belong to the suite that names the longest one. */
  readonly folders: readonly string[];
  readonly flags: readonly string[];
  /** Seconds that it takes alone on two cores, about: longer ones begin first. */
  readonly weight: number;
  /** What it needs beside the runtime, for `--list`. */
  readonly needs: string;
}

const ALL = ["--allow-all"];
const TWO_FILES_AT_ONCE = ["--test-concurrency=2"];

/** All suites. */
export const SUITES: readonly Suite[] = [
  { name: "check", runtime: "check", folders: [], flags: [], weight: 15, needs: "nothing" },
  {
    name: "gcs-deno",
    runtime: "deno",
    folders: ["gcs"],
    flags: [],
    weight: 3,
    needs: "no permission",
  },
  {
    name: "gcs-node",
    runtime: "node",
    folders: ["gcs"],
    flags: TWO_FILES_AT_ONCE,
    weight: 3,
    needs: "nothing",
  },
  {
    name: "core-deno",
    runtime: "deno",
    folders: ["core"],
    flags: [],
    weight: 25,
    needs: "no permission",
  },
  {
    // Every order of steps: minutes of pure computation, which the processor's runtime alone goes through.
    name: "core-orders",
    runtime: "deno",
    folders: [
      "core/retention/erasure_interleavings",
      "core/retention/nothing_early",
      "core/retention/replay_interleavings",
    ],
    flags: [],
    weight: 40,
    needs: "no permission",
  },
  {
    name: "core-node",
    runtime: "node",
    folders: ["core"],
    flags: TWO_FILES_AT_ONCE,
    weight: 25,
    needs: "nothing",
  },
  {
    name: "tools",
    runtime: "deno",
    folders: ["tools", "cli"],
    flags: ALL,
    weight: 5,
    needs: "temp folders",
  },
  {
    name: "client-deno",
    runtime: "deno",
    folders: ["client"],
    flags: ALL,
    weight: 6,
    needs: "loopback",
  },
  {
    name: "client-node",
    runtime: "node",
    folders: ["client", "cli"],
    flags: TWO_FILES_AT_ONCE,
    weight: 5,
    needs: "loopback",
  },
  {
    name: "page",
    runtime: "node",
    folders: ["page"],
    flags: TWO_FILES_AT_ONCE,
    weight: 5,
    needs: "nothing",
  },
  {
    name: "infra",
    runtime: "node",
    folders: ["infra"],
    flags: TWO_FILES_AT_ONCE,
    weight: 90,
    needs:
      "Python with sqlglot, checkov, hadolint; Java with Maven for ZetaSQL; Go for actionlint; Terraform",
  },
  {
    name: "local",
    runtime: "node",
    folders: ["local"],
    flags: TWO_FILES_AT_ONCE,
    weight: 60,
    needs: "loopback, DuckDB",
  },
  {
    name: "processor",
    runtime: "deno",
    folders: ["processor"],
    flags: ALL,
    weight: 120,
    needs: "loopback, sharp, child processes",
  },
  {
    name: "edge",
    runtime: "node",
    folders: ["edge"],
    flags: [],
    weight: 200,
    needs: "loopback, workerd",
  },
  {
    name: "kafka-bridge",
    runtime: "node",
    folders: ["kafka-bridge"],
    // kafkajs waits for negative times on Node 24, which mean at once.
    flags: [...TWO_FILES_AT_ONCE, "--disable-warning=TimeoutNegativeWarning"],
    weight: 140,
    needs: "loopback; a JDK and openssl for brokers",
  },
  {
    name: "clients",
    runtime: "node",
    folders: ["tests/client_"],
    flags: ["--test-concurrency=1"],
    weight: 90,
    needs: "loopback, workerd; Chromium, curl and jq",
  },
  {
    name: "walks",
    runtime: "node",
    folders: ["tests"],
    flags: ["--test-concurrency=1"],
    weight: 585,
    needs: "loopback, all parts",
  },
];

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
