/** Watches a new revision beside the stable one and says by its exit code whether it may take all traffic. */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { defineCommand } from "@tintype/cli/command";
import { matching, wholeNumber } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { figuresSql, judgeCanary, type RevisionFigures } from "./judge_canary.ts";

const NOTHING: RevisionFigures = { images: 0, failed: 0, p95Ms: 0 };
const name = matching(/^[a-z][a-z0-9-]{0,62}$/, "be a name of Google's");
const CANARY = defineCommand({
  name: "canary",
  program: "node infra/deploy/canary.ts",
  summary: "Compares a new revision of the processor with the stable one, from BigQuery's rows.",
  flags: {
    "project ID": { about: "project", parse: name, required: true },
    "newest REVISION": { about: "new revision", parse: name, required: true },
    "stable REVISION": { about: "old revision", parse: name, required: true },
    "minutes N": { about: "how long to watch", parse: wholeNumber(0, 9999), default: "30" },
  },
  exitCodes: { 0: "it may take all traffic", 1: "it is worse or was seen too little" },
});

/** Asks BigQuery by Google's own command. */
function ask(project: string, sql: string): Map<string, RevisionFigures> {
  const args = [
    "query",
    `--project_id=${project}`,
    "--format=json",
    "--use_legacy_sql=false",
    "--quiet",
    sql,
  ];
  const rows: unknown = JSON.parse(execFileSync("bq", args, { encoding: "utf8" }) || "[]");
  if (!Array.isArray(rows)) throw new Error("Cannot judge the canary: bq returned no list of rows");
  return new Map(rows.map((row) => [String(row.revision), {
    images: Number(row.images),
    failed: Number(row.failed),
    p95Ms: Number(row.p95_ms),
  }]));
}

function say(text: string, code: number): number {
  console.log(text);
  return code;
}

await runMain(CANARY, async ({ project, newest, stable, minutes }) => {
  const since = new Date();
  const until = since.getTime() + minutes * 60_000;
  for (;;) {
    const figures = ask(project, figuresSql([newest, stable], since.toISOString()));
    const verdict = judgeCanary(figures.get(newest) ?? NOTHING, figures.get(stable) ?? NOTHING);
    if (verdict.kind === "bad") return say(`${newest} goes back: it ${verdict.why}`, EXIT.failed);
    if (Date.now() >= until) {
      return verdict.kind === "good"
        ? say(`${newest} may take all traffic: it ${verdict.why}`, EXIT.done)
        : say(`${newest} goes back: it was seen too little (${verdict.why})`, EXIT.failed);
    }
    await sleep(Math.min(60_000, Math.max(0, until - Date.now())));
  }
});
