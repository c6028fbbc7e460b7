/** The long forms of campaigns that the tests run a small form of: the same files, told by variables to go on for longer. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { findNodeBinary } from "../tools/node_binary.ts";

/** A campaign. */
export interface SoakCampaign {
  readonly name: string;
  readonly about: string;
  /** The test file that runs it on Node, from the project's root. */
  readonly file: string;
  /** What makes it long. */
  readonly env: Readonly<Record<string, string>>;
}

/** Every campaign beside the faults of the whole system. */
export const SOAK_CAMPAIGNS: readonly SoakCampaign[] = [
  {
    name: "bridge-crash-points",
    about: "the bridge killed at every crash point, each ten times, 50,000 records",
    file: "kafka-bridge/crash_campaign_test.ts",
    env: { CRASH_ROUNDS: "10", CRASH_RECORDS: "50000" },
  },
  {
    name: "hostile-images",
    about: "every sample flipped and cut at each KiB, two hours",
    file: "tests/hostile/hostile_images_test.ts",
    env: { HOSTILE_MINUTES: "120" },
  },
  {
    name: "road-without-native-code",
    about: "the road's walks with CODEC=imagescript",
    file: "tests/road_test.ts",
    env: { CODEC: "imagescript" },
  },
];

/** Runs a campaign, its output on ours; answers whether it passed. */
export async function runCampaign(
  root: string,
  { file, env }: SoakCampaign,
  signal: AbortSignal,
): Promise<boolean> {
  const flags = ["--disable-warning=TimeoutNegativeWarning", "--test", "--test-reporter=spec"];
  const child = spawn(findNodeBinary(root), [...flags, file], {
    cwd: root,
    // A broker that cannot be had is a failure here, not a skipped test.
    env: { ...process.env, CI: "true", ...env },
    stdio: ["ignore", "inherit", "inherit"],
    signal,
  });
  const [code] = await once(child, "close").catch(() => [null]); // interrupted
  return code === 0;
}
