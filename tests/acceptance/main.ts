/** `deno task acceptance`: a black-box suite against any deployed edge, and a table of what passed. */
import process from "node:process";
import { defineCommand } from "@tintype/cli/command";
import { duration, httpOrigin } from "@tintype/cli/flag_values";
import { URLS } from "@tintype/cli/local_ports";
import { isLocal, requireLocalSystem } from "@tintype/cli/local_system";
import { describeError, EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { tokenFor } from "../_cloud.ts";
import { CHECKS } from "./checks.ts";
import { EdgeCaller } from "./edge_caller.ts";

const ACCEPTANCE = defineCommand({
  name: "acceptance",
  summary:
    "Uploads, reads, lists and erases through a deployed edge as a client does, has it refuse what it must, and prints a table. It leaves three small images of the token's owner, which go with their retention period. The tokens need the scopes images:write, images:read and images:delete; use a tenant that is made for it.",
  flags: {
    "url URL": { about: "the edge", parse: httpOrigin, default: URLS.edge },
    "token TOKEN":
      "access token (default: $TINTYPE_TOKEN; on this machine one of the local OIDC provider)",
    "other-token TOKEN":
      "another person's, for what must stay apart (default: $TINTYPE_OTHER_TOKEN)",
    "wait DURATION": {
      about: "how long an image may take",
      parse: duration(1_000, 7_200_000),
      default: "2m",
    },
    "receipt DURATION": {
      about: "wait so long for an erasure's receipt too; in the cloud it takes up to 30m",
      parse: duration(1_000, 7_200_000),
    },
  },
  exitCodes: { 0: "every check passed", 1: "one failed" },
});

const localToken = (sub: string) => tokenFor(`${sub}-${Date.now()}`, { tenant: "acceptance" });

await runMain(ACCEPTANCE, async ({ url, wait, receipt, ...given }) => {
  await requireLocalSystem(url);
  const { TINTYPE_TOKEN, TINTYPE_OTHER_TOKEN } = process.env;
  const ofFlags = [given.token ?? TINTYPE_TOKEN, given.otherToken ?? TINTYPE_OTHER_TOKEN] as const;
  const areMade = ofFlags[0] === undefined && isLocal(url);
  const [token, other] = areMade ? [await localToken("a"), await localToken("b")] : ofFlags;
  if (token === undefined) {
    throw new UsageError("Cannot run acceptance: set --token or TINTYPE_TOKEN");
  }
  const acceptance = { edge: new EdgeCaller(url, token), other, waitMs: wait, receiptMs: receipt };
  const results: string[] = [];
  for (const { name, needs, run } of CHECKS) {
    const startedMs = performance.now();
    const isLeftOut = needs !== undefined && acceptance[needs] === undefined;
    const why = isLeftOut
      ? `--${needs === "other" ? "other-token" : "receipt"} is not given`
      : await run(acceptance).then(() => undefined, describeError);
    const result = isLeftOut ? "left out" : why === undefined ? "passed" : "failed";
    const ms = Math.round(performance.now() - startedMs);
    results.push(result);
    console.log(`${result.padEnd(8)} ${`${ms}`.padStart(6)} ms  ${name}`);
    if (why !== undefined) console.log(`${" ".repeat(20)}${why}`);
  }
  const count = (wanted: string) => results.filter((result) => result === wanted).length;
  const [failed, passed, leftOut] = [count("failed"), count("passed"), count("left out")];
  console.log(`${passed} of ${results.length} passed, ${failed} failed, ${leftOut} left out`);
  return failed === 0 && passed > 0 ? EXIT.done : EXIT.failed;
});
