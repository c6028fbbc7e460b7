/**
 * A deployment as data: `steps` lists what is done in which order and how each step is taken back, `run_steps` does it or
 * prints it, `main` is the command. The canary's judgement of rows is `judge_canary`.
 */
import type { Target } from "./target.ts";

/** A line for bash; what it prints may be kept under a name for the lines after it. */
export interface Command {
  readonly line: string;
  readonly saves?: string;
}

/** A step of a deployment. */
export interface Step {
  readonly name: string;
  readonly commands: readonly Command[];
  /** How to take it back, for a person: commands, or why nothing has to be done. */
  readonly rollback: string;
}

/** What a deployment is asked for beside its target. */
export interface DeployOptions {
  /** Share of the traffic that a new processor gets first, in percent; 0 takes all at once. */
  readonly canaryPercent: number;
  /** How long the canary is watched, in minutes. */
  readonly canaryMinutes: number;
}

const TERRAFORM = "terraform -chdir=infra/terraform";
const DIGESTS = '-var "processor_digest=$PROCESSOR_DIGEST" -var "bridge_digest=$BRIDGE_DIGEST"';
/** Only the registry is made before there are images, so the digests are not looked at. */
const NO_DIGESTS = ["processor_digest", "bridge_digest"]
  .map((name) => `-var ${name}=sha256:${"0".repeat(64)}`).join(" ");

/** Everything that a deployment does, in order. */
export function deploymentSteps(target: Target, options: DeployOptions): Step[] {
  return [
    checks(),
    state(target),
    secrets(target),
    images(target),
    holdTraffic(target),
    infrastructure(target),
    notification(target),
    edge(target),
    endToEnd(target),
    canary(target, options),
  ];
}

/** What brings the deployment before the last back: the processor's traffic first, as it touches data. */
export function rollbackSteps(target: Target, revision: string): Step[] {
  const found = revision === ""
    ? `gcloud run revisions list --service ${target.service} --region ${target.region} --project ${target.project} --sort-by=~metadata.creationTimestamp --format='value(metadata.name)' | sed -n 2p`
    : `printf %s ${revision}`;
  return [
    {
      name: "Give all traffic to the revision before",
      commands: [
        { line: found, saves: "REVISION" },
        { line: traffic(target, '"$REVISION=100"') },
      ],
      rollback: traffic(target, "NEWEST=100"),
    },
    {
      name: "Bring the worker's previous version back",
      commands: [{ line: `npx wrangler rollback ${wranglerEnv(target)} --yes` }],
      rollback: `npx wrangler deploy ${wranglerEnv(target)}`,
    },
  ];
}

function checks(): Step {
  return {
    name: "Check the tree",
    commands: [
      { line: 'test -z "$(git status --porcelain)"' },
      { line: "npx deno task infra:check" },
      { line: "npx deno task test" },
    ],
    rollback: "Nothing was changed.",
  };
}

function state({ environment, project, region, prefix }: Target): Step {
  const bucket = `gs://${prefix}-terraform`;
  return {
    name: "Prepare Terraform's state, the registry, the accounts and the secrets' places",
    commands: [
      {
        line:
          `gcloud storage buckets describe ${bucket} --project ${project} > /dev/null || gcloud storage buckets create ${bucket} --project ${project} --location ${region} --uniform-bucket-level-access --public-access-prevention`,
      },
      { line: `gcloud storage buckets update ${bucket} --versioning` },
      {
        line:
          `printf 'terraform {\\n  backend "gcs" {}\\n}\\n' > infra/terraform/backend_override.tf`,
      },
      {
        line:
          `${TERRAFORM} init -reconfigure -input=false -backend-config=bucket=${prefix}-terraform -backend-config=prefix=${environment}`,
      },
      {
        line:
          `${TERRAFORM} apply -input=false -auto-approve -var-file=${environment}.tfvars ${NO_DIGESTS} -target=google_artifact_registry_repository.images -target=google_secret_manager_secret.secret -target=google_service_account.identity`,
      },
    ],
    rollback:
      "Keep them: an empty registry and accounts without rights cost nothing, and the state is what later rollbacks need.",
  };
}

function images({ project, registry, region, version }: Target): Step {
  const build = (part: string, folder: string, args: string) =>
    `docker buildx build --platform linux/amd64 --push --provenance=true -f ${folder}/Dockerfile ${args} -t ${registry}/${part}:${version} .`;
  const digest = (part: string): Command => ({
    line:
      `gcloud artifacts docker images describe ${registry}/${part}:${version} --project ${project} --format='value(image_summary.digest)'`,
    saves: `${part.toUpperCase()}_DIGEST`,
  });
  const baseDigest = (image: string) =>
    `docker buildx imagetools inspect ${image} --format '{{.Manifest.Digest}}'`;
  return {
    name: "Build the images and push them",
    commands: [
      { line: `gcloud auth configure-docker ${region}-docker.pkg.dev --quiet` },
      { line: baseDigest("node:24.21.0-bookworm-slim"), saves: "NODE_DIGEST" },
      { line: baseDigest("debian:bookworm-slim"), saves: "BASE_DIGEST" },
      {
        line: build(
          "processor",
          "processor",
          '--build-arg "NODE_DIGEST=$NODE_DIGEST" --build-arg "BASE_DIGEST=$BASE_DIGEST"',
        ),
      },
      { line: build("bridge", "kafka-bridge", '--build-arg "NODE_DIGEST=$NODE_DIGEST"') },
      digest("processor"),
      digest("bridge"),
    ],
    rollback: "Nothing uses an image until Terraform names its digest.",
  };
}

/** A new revision would take all traffic at once where the service follows its newest. */
function holdTraffic(target: Target): Step {
  return {
    name: "Hold the processor's traffic where it is",
    commands: [
      {
        line:
          `gcloud run services describe ${target.service} --region ${target.region} --project ${target.project} --format='value(status.latestReadyRevisionName)' || true`,
        saves: "STABLE",
      },
      { line: `test -z "$STABLE" || ${traffic(target, '"$STABLE=100"')}` },
    ],
    rollback:
      `gcloud run services update-traffic ${target.service} --region ${target.region} --project ${target.project} --to-latest`,
  };
}

function infrastructure({ environment }: Target): Step {
  return {
    name: "Apply Terraform",
    commands: [
      {
        line:
          `${TERRAFORM} plan -input=false -var-file=${environment}.tfvars ${DIGESTS} -out=deploy.plan`,
      },
      { line: `${TERRAFORM} apply -input=false deploy.plan` },
    ],
    rollback:
      `git checkout the version before, then: ${TERRAFORM} apply -var-file=${environment}.tfvars with its digests. Buckets, dataset and keys are never destroyed by a rollback: Terraform refuses.`,
  };
}

function secrets(target: Target): Step {
  const { prefix, project } = target;
  return {
    name: "See that every secret has a value",
    commands: [
      {
        line:
          `for secret in $(gcloud secrets list --project ${project} --filter=labels.app=tintype --format='value(name)'); do gcloud secrets versions describe latest --secret "$secret" --project ${project} --format='value(name)'; done`,
      },
      {
        line: `npx wrangler secret list ${wranglerEnv(target)} --format json`,
        saves: "WORKER_SECRETS",
      },
      {
        line:
          'for secret in SIGNING_KEY PSEUDONYM_KEYS CURSOR_KEY; do [[ "$WORKER_SECRETS" == *"$secret"* ]]; done',
      },
    ],
    rollback:
      `Nothing was changed. Where one is missing: gcloud secrets versions add ${prefix}-NAME --project ${project} --data-file=- ; for the worker: npx wrangler secret put NAME ${
        wranglerEnv(target)
      }`,
  };
}

function notification({ prefix, project, service }: Target): Step {
  const name = "smoke/$(date -u +%s)";
  return {
    name: "Smoke test: an object's event reaches the processor",
    commands: [
      { line: `printf %s "${name}"`, saves: "SMOKE" },
      {
        line: `printf smoke | gcloud storage cp - "gs://${prefix}-raw/$SMOKE" --project ${project}`,
      },
      {
        line:
          `for attempt in $(seq 30); do gcloud logging read 'resource.labels.service_name="${service}" AND jsonPayload.event="delivery" AND jsonPayload.outcome="ignored"' --project ${project} --freshness=5m --limit=1 --format='value(timestamp)' | grep -q . && break; test "$attempt" -lt 30; sleep 10; done`,
      },
      { line: `gcloud storage rm "gs://${prefix}-raw/$SMOKE" --project ${project}` },
    ],
    rollback: `gcloud storage rm "gs://${prefix}-raw/smoke/**" --project ${project}`,
  };
}

function edge(target: Target): Step {
  return {
    name: "Deploy the edge",
    commands: [{ line: `npx wrangler deploy ${wranglerEnv(target)}` }],
    rollback: `npx wrangler rollback ${wranglerEnv(target)}`,
  };
}

function endToEnd({ edgeUrl }: Target): Step {
  return {
    name: "End to end: an upload through the deployed system becomes ready",
    commands: [
      {
        line:
          `TINTYPE_TOKEN="\${SMOKE_TOKEN:?must be an access token of the issuer}" npx deno task upload docs/pictures/card.jpg --to ${edgeUrl}`,
      },
    ],
    rollback: "The picture is gone after seven days, or by DELETE /v1/images/{id}.",
  };
}

function canary(target: Target, { canaryPercent, canaryMinutes }: DeployOptions): Step {
  const newest =
    `gcloud run services describe ${target.service} --region ${target.region} --project ${target.project} --format='value(status.latestCreatedRevisionName)'`;
  const all = { line: traffic(target, '"$NEWEST=100"') };
  const judged = [
    { line: traffic(target, `"$NEWEST=${canaryPercent},$STABLE=${100 - canaryPercent}"`) },
    {
      line:
        `./node_modules/.bin/node infra/deploy/canary.ts --project ${target.project} --newest "$NEWEST" --stable "$STABLE" --minutes ${canaryMinutes} || { ${
          traffic(target, '"$STABLE=100"')
        }; exit 1; }`,
    },
  ];
  return {
    name: `Canary: ${canaryPercent} % of the traffic, compared from rows, then all or back`,
    commands: [
      { line: newest, saves: "NEWEST" },
      // The first deployment has nothing to compare with.
      ...canaryPercent === 0 ? [] : [{
        line: `test -z "$STABLE" || test "$STABLE" = "$NEWEST" || { ${
          judged.map(({ line }) => line).join(" && ")
        }; }`,
      }],
      all,
    ],
    rollback: traffic(target, '"$STABLE=100"'),
  };
}

function traffic({ service, region, project }: Target, revisions: string): string {
  return `gcloud run services update-traffic ${service} --region ${region} --project ${project} --to-revisions ${revisions}`;
}

function wranglerEnv({ environment }: Target): string {
  return environment === "production" ? '--env=""' : `--env ${environment}`;
}
