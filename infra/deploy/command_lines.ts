/** Lines for bash that several steps have. */
import { type Target, wranglerEnv } from "./target.ts";

export const TERRAFORM = "terraform -chdir=infra/terraform";

/** What the worker cannot do without. */
export const WORKER_SECRETS = ["SIGNING_KEY", "PSEUDONYM_KEYS", "CURSOR_KEY", "GRANT_KEY"];

/** Runs a script of this folder. */
export function script(name: string): string {
  return `./node_modules/.bin/node infra/deploy/${name}.ts`;
}

/** Ends with 1 and the name of a secret that the worker lacks. */
export function workerSecretsThere(target: Target): string {
  const list = `npx wrangler secret list ${wranglerEnv(target)} --format json`;
  return `names=$(${list}); for secret in ${
    WORKER_SECRETS.join(" ")
  }; do [[ "$names" == *"$secret"* ]] || { echo $secret; exit 1; }; done`;
}

/** Looks whether an account is ready. */
export function accountChecks(target: Target): string {
  const values = {
    ENVIRONMENT: target.environment,
    PROJECT: target.project,
    PROJECT_NUMBER: target.projectNumber,
    REGION: target.region,
    PREFIX: target.prefix,
    WRANGLER_ENV: wranglerEnv(target).replaceAll('"', ""),
    WORKER_SECRETS: WORKER_SECRETS.join(" "),
  };
  const variables = Object.entries(values).map(([name, value]) => `${name}='${value}'`);
  return `${variables.join(" ")} bash infra/deploy/account_checks.sh`;
}

/** Moves the worker's traffic; what it goes to is added. */
export function rollWorker(target: Target): string {
  return `${script("roll_worker")} --worker ${target.worker} --wrangler-env='${
    wranglerEnv(target)
  }'`;
}

/** Reads the environment's log bucket, which is where its logs are: nothing stays in the default one. */
function logReading({ prefix, project, region }: Target): string {
  return `--project ${project} --bucket ${prefix}-logs --location ${region} --view _AllLogs`;
}

/** Waits up to five minutes for a line of the log. */
export function untilLogged(target: Target, filter: string): string {
  const read = `gcloud logging read '${filter}' ${
    logReading(target)
  } --freshness=10m --limit=1 --format='value(timestamp)'`;
  return `for attempt in $(seq 30); do ${read} | grep -q . && break; test "$attempt" -lt 30; sleep 10; done`;
}
