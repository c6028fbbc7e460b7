import { WORKER_SECRETS } from "../command_lines.ts";
import { addVersion, type CloudState, Refusal } from "./cloud_state.ts";
import type { Play } from "./fake_call.ts";

/** A whole deployment: a version that gets all traffic at once, and the Durable Objects that it needs. */
const deploy: Play = ({ worker }, { flags: { tag } }) => {
  const { id } = addVersion(worker, tag);
  worker.deployments.push({ [id]: 100 });
  worker.isMigrated = true;
  return `Current Version ID: ${id}`;
};

const upload: Play = ({ worker }, { flags: { tag } }) => {
  if (!worker.isMigrated) {
    throw new Refusal(
      "migrations must be fully applied by running `wrangler deploy` [code: 10211]",
    );
  }
  return `Worker Version ID: ${addVersion(worker, tag).id}`;
};

/** Divides the traffic between one version or two. */
const deployVersions: Play = ({ worker }, { words, flags: { yes } }) => {
  if (yes === undefined) throw new Refusal("nobody answers the prompts");
  const shares = words.map((word) => {
    const [, id = "", percent] = /^([\w-]+)@(\d+)%?$/.exec(word) ?? [];
    if (!worker.versions.some((version) => version.id === id)) {
      throw new Refusal(`Could not find Worker Version ${id}`);
    }
    return [id, Number(percent)] as const;
  });
  const sum = shares.reduce((total, [, percent]) => total + percent, 0);
  if (shares.length > 2 || sum !== 100) throw new Refusal(`Sum of percentages is ${sum}`);
  worker.deployments.push(Object.fromEntries(shares));
  return "SUCCESS";
};

/** The ten newest, the oldest of them first. */
function listVersions({ worker: { versions } }: CloudState): string {
  return JSON.stringify(
    versions.slice(-10).map(({ id, created_on, tag }) => ({
      id,
      metadata: { created_on },
      annotations: { "workers/triggered_by": "upload", "workers/tag": tag },
    })),
  );
}

function deploymentStatus({ worker }: CloudState): string {
  const shares = Object.entries(worker.deployments.at(-1) ?? {});
  return JSON.stringify({
    versions: shares.map(([version_id, percentage]) => ({ version_id, percentage })),
  });
}

/** Wrangler's commands. */
export const WRANGLER: Readonly<Record<string, readonly [string, Play]>> = {
  "npx wrangler deploy": ["env tag", deploy],
  "npx wrangler versions upload": ["env tag", upload],
  "npx wrangler versions deploy": ["env yes?", deployVersions],
  "npx wrangler versions list": ["env json?", listVersions],
  "npx wrangler deployments status": ["env json?", deploymentStatus],
  "npx wrangler triggers deploy": ["env", () => ""],
  "npx wrangler secret list": [
    "env format",
    () => JSON.stringify(WORKER_SECRETS.map((name) => ({ name }))),
  ],
};
