/** Watches a new revision beside the stable one and says by its exit code whether it may take all traffic. */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { figuresSql, judgeCanary, type RevisionFigures } from "./judge_canary.ts";

const HELP = `Compares a new revision of the processor with the stable one, from BigQuery's rows.

Usage: node infra/deploy/canary.ts --project ID --newest REVISION --stable REVISION [--minutes N]

Exit code: 0 it may take all traffic, 1 it is worse or was seen too little, 2 wrong usage.`;
const REVISION = /^[a-z][a-z0-9-]{0,62}$/;
const NOTHING: RevisionFigures = { images: 0, failed: 0, p95Ms: 0 };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      project: { type: "string", default: "" },
      newest: { type: "string", default: "" },
      stable: { type: "string", default: "" },
      minutes: { type: "string", default: "30" },
      help: { type: "boolean" },
    },
  });
  const { project, newest, stable, minutes } = values;
  if (values.help) return say(HELP, 0);
  if (
    ![project, newest, stable].every((name) => REVISION.test(name)) || !/^\d{1,4}$/.test(minutes)
  ) {
    return say(HELP, 2);
  }
  const since = new Date();
  const until = since.getTime() + Number(minutes) * 60_000;
  for (;;) {
    const figures = ask(project, figuresSql([newest, stable], since.toISOString()));
    const verdict = judgeCanary(figures.get(newest) ?? NOTHING, figures.get(stable) ?? NOTHING);
    if (verdict.kind === "bad") return say(`${newest} goes back: it ${verdict.why}`, 1);
    if (Date.now() >= until) {
      return verdict.kind === "good"
        ? say(`${newest} may take all traffic: it ${verdict.why}`, 0)
        : say(`${newest} goes back: it was seen too little (${verdict.why})`, 1);
    }
    await sleep(Math.min(60_000, Math.max(0, until - Date.now())));
  }
}

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
  if (!Array.isArray(rows)) throw new Error("Cannot judge the canary as bq gave no list of rows");
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

process.exitCode = await main();
