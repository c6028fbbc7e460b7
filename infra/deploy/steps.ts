/**
 * A deployment as data: `steps` lists what is done in which order and how each step is taken back, `rollback_steps` what
 * a rollback does, `run_steps` does it or prints it, `main` is the command. `traffic_steps` moves the processor's traffic,
 * `keeper_steps` bring the keeper. The canary's judgement of rows is `judge_canary`.
 */
import { compareColumns, keeper } from "./keeper_steps.ts";
import type { Command, Step } from "./step.ts";
import { type Target, wranglerEnv } from "./target.ts";
import {
  canary,
  type CanaryOptions,
  holdTraffic,
  keeperOf,
  readNewest,
  returnToStable,
} from "./traffic_steps.ts";

const TERRAFORM = "terraform -chdir=infra/terraform";
const DIGESTS = '-var "processor_digest=$PROCESSOR_DIGEST" -var "bridge_digest=$BRIDGE_DIGEST"';
/** Only the registry is made before there are images, so the digests are not looked at. */
const NO_DIGESTS = ["processor_digest", "bridge_digest"]
  .map((name) => `-var ${name}=sha256:${"0".repeat(64)}`).join(" ");

/** Rights and metrics take minutes until others may rely on them, which the images' builds are. */
const EARLY = [
  "google_bigquery_table_iam_member.grant",
  'google_logging_metric.metric["certificates"]',
  'google_logging_metric.metric["overdue"]',
].map((address) => `'-target=${address}'`).join(" ");

/** Everything that a deployment does, in order. */
export function deploymentSteps(target: Target, options: CanaryOptions): Step[] {
  return [
    checks(),
    state(target),
    secrets(target),
    images(target),
    holdTraffic(target),
    infrastructure(target),
    compareColumns(target),
    keeper(target),
    notification(target),
    edge(target),
    endToEnd(target),
    canary(target, options),
  ];
}

function checks(): Step {
  return {
    name: "Check the tree",
    commands: [
      'test -z "$(git status --porcelain)"',
      "npx deno task infra:check",
      "npx deno task test",
    ],
    rollback: "Nothing was changed.",
  };
}

function state({ environment, project, region, prefix }: Target): Step {
  const bucket = `gs://${prefix}-terraform`;
  return {
    name: "Prepare Terraform's state, the registry, the accounts and the secrets' places",
    commands: [
      `gcloud storage buckets describe ${bucket} --project ${project} > /dev/null || gcloud storage buckets create ${bucket} --project ${project} --location ${region} --uniform-bucket-level-access --public-access-prevention`,
      `gcloud storage buckets update ${bucket} --versioning`,
      `printf 'terraform {\\n  backend "gcs" {}\\n}\\n' > infra/terraform/backend_override.tf`,
      `${TERRAFORM} init -reconfigure -input=false -backend-config=bucket=${prefix}-terraform -backend-config=prefix=${environment}`,
      `${TERRAFORM} apply -input=false -auto-approve -var-file=${environment}.tfvars ${NO_DIGESTS} -target=google_artifact_registry_repository.images -target=google_secret_manager_secret.secret -target=google_service_account.identity ${EARLY}`,
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
      `gcloud auth configure-docker ${region}-docker.pkg.dev --quiet`,
      { line: baseDigest("node:24.21.0-bookworm-slim"), saves: "NODE_DIGEST" },
      { line: baseDigest("debian:bookworm-slim"), saves: "BASE_DIGEST" },
      build(
        "processor",
        "processor",
        '--build-arg "NODE_DIGEST=$NODE_DIGEST" --build-arg "BASE_DIGEST=$BASE_DIGEST"',
      ),
      build("bridge", "kafka-bridge", '--build-arg "NODE_DIGEST=$NODE_DIGEST"'),
      digest("processor"),
      digest("bridge"),
    ],
    rollback: "Nothing uses an image until Terraform names its digest.",
  };
}

function infrastructure(target: Target): Step {
  const { environment } = target;
  return {
    name: "Apply Terraform",
    commands: [
      `${TERRAFORM} plan -input=false -var-file=${environment}.tfvars ${DIGESTS} -out=deploy.plan`,
      `${TERRAFORM} apply -input=false deploy.plan`,
      readNewest(target, "NEWEST"),
      readNewest(keeperOf(target), "KEEPER_NEWEST"),
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
      `for secret in $(gcloud secrets list --project ${project} --filter=labels.app=tintype --format='value(name)'); do gcloud secrets versions describe latest --secret "$secret" --project ${project} --format='value(name)'; done`,
      {
        line: `npx wrangler secret list ${wranglerEnv(target)} --format json`,
        saves: "WORKER_SECRETS",
      },
      'for secret in SIGNING_KEY PSEUDONYM_KEYS CURSOR_KEY GRANT_KEY; do [[ "$WORKER_SECRETS" == *"$secret"* ]]; done',
    ],
    rollback:
      `Nothing was changed. Where one is missing: gcloud secrets versions add ${prefix}-NAME --project ${project} --data-file=- ; for the worker: npx wrangler secret put NAME ${
        wranglerEnv(target)
      }. The pseudonym keys are the same text in both: {"1": "at least 32 characters"}, a number for each key.`,
  };
}

function notification({ prefix, project, service }: Target): Step {
  const name = "smoke/$(date -u +%s)";
  return {
    name: "Smoke test: an object's event reaches the processor",
    commands: [
      { line: `printf %s "${name}"`, saves: "SMOKE" },
      `printf smoke | gcloud storage cp - "gs://${prefix}-raw/$SMOKE" --project ${project}`,
      `for attempt in $(seq 30); do gcloud logging read 'resource.labels.service_name="${service}" AND jsonPayload.event="delivery" AND jsonPayload.outcome="ignored"' --project ${project} --freshness=5m --limit=1 --format='value(timestamp)' | grep -q . && break; test "$attempt" -lt 30; sleep 10; done`,
      `gcloud storage rm "gs://${prefix}-raw/$SMOKE" --project ${project}`,
    ],
    rollback: `gcloud storage rm "gs://${prefix}-raw/smoke/**" --project ${project}`,
  };
}

function edge(target: Target): Step {
  return {
    name: "Deploy the edge",
    // The tag is how a rollback finds the version that belongs to a revision.
    commands: [`npx wrangler deploy ${wranglerEnv(target)} --tag "$NEWEST"`],
    rollback: returnToStable(target),
  };
}

function endToEnd({ edgeUrl }: Target): Step {
  return {
    name: "End to end: an upload through the deployed system becomes ready",
    commands: [
      `TINTYPE_TOKEN="\${SMOKE_TOKEN:?must be an access token of the issuer}" npx deno task upload docs/pictures/card.jpg --to ${edgeUrl}`,
    ],
    rollback: "The picture is gone when its retention period ends, or by DELETE /v1/images/{id}.",
  };
}
