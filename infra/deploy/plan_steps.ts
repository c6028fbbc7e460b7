/** The first half of a deployment: nothing that serves changes, and in the end there is a plan that a person can read. */
import { script, TERRAFORM, workerSecretsThere } from "./command_lines.ts";
import type { Command, Step } from "./step.ts";
import { isPackage, type Target, wranglerEnv } from "./target.ts";
import { readServing } from "./traffic_lines.ts";

const DIGESTS = '-var "processor_digest=$PROCESSOR_DIGEST" -var "bridge_digest=$BRIDGE_DIGEST"';
/** Only the registry is made before there are images, so the digests are not looked at. */
const NO_DIGESTS = ["processor_digest", "bridge_digest"]
  .map((name) => `-var ${name}=sha256:${"0".repeat(64)}`).join(" ");
/** What images need, and secrets: the edge's is a key of its account. */
const EARLY = [
  "artifact_registry_repository.images",
  "secret_manager_secret.secret",
  "service_account.identity",
]
  .map((address) => `-target=google_${address}`).join(" ");
/** A builder that can attest; Docker's own cannot. */
const BUILDER = "tintype";
const TABLES = ["images", "purges"] as const;

/** Everything up to the plan. With `isTested` the suite has passed elsewhere. */
export function planSteps(target: Target, isTested: boolean): Step[] {
  return [
    tree(target, isTested),
    state(target),
    secrets(target),
    columns(target),
    images(target),
    attestations(target),
    plan(target),
  ];
}

/** The command that makes this folder's Terraform that of the environment. */
export function initialize({ environment, prefix }: Target): string {
  return `printf 'terraform {\\n  backend "gcs" {}\\n}\\n' > infra/terraform/backend_override.tf && ${TERRAFORM} init -reconfigure -input=false -backend-config=bucket=${prefix}-terraform -backend-config=prefix=${environment}`;
}

/** Where a commit's plan waits for its approval. */
export function planObject({ prefix, commit }: Target): string {
  return `gs://${prefix}-terraform/plans/${commit}.plan`;
}

function tree({ commit }: Target, isTested: boolean): Step {
  const mark = `.tintype/deploy/tested-${commit}`;
  const prove = `{ npx deno task infra:check && npx deno task test && touch ${mark}; }`;
  return {
    name: "Check the tree",
    needs: "a commit without changes on top",
    changes: "nothing",
    commands: [
      'test -z "$(git status --porcelain)"',
      "mkdir -p .tintype/deploy",
      ...isTested ? [] : [`test -e ${mark} || ${prove}`],
    ],
    undo: "Nothing was changed.",
  };
}

function state(target: Target): Step {
  const { environment, project, region, prefix, stateLocation } = target;
  const bucket = `gs://${prefix}-terraform`;
  const early =
    `${TERRAFORM} apply -input=false -auto-approve -var-file=${environment}.tfvars ${NO_DIGESTS} ${EARLY}`;
  return {
    name: "Prepare Terraform's state, the registry, the accounts and the secrets' places",
    needs: "a project with billing; an owner of it, the first time",
    changes: "the first time: the state's bucket, the registry, accounts, secrets without values",
    commands: [
      `gcloud storage buckets describe ${bucket} --project ${project} > /dev/null || gcloud storage buckets create ${bucket} --project ${project} --location ${stateLocation} --uniform-bucket-level-access --public-access-prevention`,
      `gcloud storage buckets update ${bucket} --versioning`,
      initialize(target),
      `gcloud artifacts repositories describe ${prefix} --location ${region} --project ${project} > /dev/null || ${early}`,
    ],
    undo:
      "Keep them: an empty registry, empty secrets and accounts without rights cost nothing, and the state is what later rollbacks need.",
  };
}

function secrets(target: Target): Step {
  const { prefix, project } = target;
  const put = `npx wrangler secret put NAME ${wranglerEnv(target)}`;
  return {
    name: "See that every secret has a value",
    needs: "values of all secrets, which a person gives (docs/deployment.md)",
    changes: "nothing",
    commands: [
      `for secret in $(gcloud secrets list --project ${project} --filter=labels.app=tintype --format='value(name)'); do gcloud secrets versions describe latest --secret "$secret" --project ${project} --format='value(name)'; done`,
      workerSecretsThere(target),
    ],
    undo:
      `Nothing was changed. Where one is missing: gcloud secrets versions add ${prefix}-NAME --project ${project} --data-file=- ; for the worker: ${put}. The pseudonym keys are the same text in both: {"1": "at least 32 characters"}, a number for each key.`,
  };
}

function images({ registry, region, version, pipeline }: Target): Step {
  // A tag cannot be pushed twice, and each build has another digest: so the image is looked up first.
  const lookUp = (part: string): Command => ({
    line:
      `docker buildx imagetools inspect ${registry}/${part}:${version} --format '{{.Manifest.Digest}}' 2> .tintype/deploy/lookup || { cat .tintype/deploy/lookup >&2; grep -q ": not found$" .tintype/deploy/lookup; }`,
    saves: `${part.toUpperCase()}_DIGEST`,
  });
  const build = (part: string, folder: string) =>
    `test -n "$${part.toUpperCase()}_DIGEST" || docker buildx build --builder ${BUILDER} --platform linux/amd64 --push --provenance=mode=max --sbom=true --file ${folder}/Dockerfile --build-arg "NODE_DIGEST=$NODE_DIGEST" --build-arg "BASE_DIGEST=$BASE_DIGEST"${
      part === "processor" && isPackage(pipeline) ? ` --build-context pipeline=${pipeline}` : ""
    } --tag ${registry}/${part}:${version} .`;
  const base = (image: string, saves: string): Command => ({
    line: `docker buildx imagetools inspect ${image} --format '{{.Manifest.Digest}}'`,
    saves,
  });
  return {
    name: "Build the images that the registry lacks, and push them",
    needs: "docker with buildx; the registry",
    changes: `tags ${version} in the registry, unless they are there`,
    commands: [
      `gcloud auth configure-docker ${region}-docker.pkg.dev --quiet`,
      `docker buildx inspect ${BUILDER} > /dev/null || docker buildx create --name ${BUILDER} --driver docker-container`,
      lookUp("processor"),
      lookUp("bridge"),
      base("node:24.21.0-bookworm-slim", "NODE_DIGEST"),
      base("gcr.io/distroless/cc-debian12:nonroot", "BASE_DIGEST"),
      build("processor", "processor"),
      build("bridge", "kafka-bridge"),
      lookUp("processor"),
      lookUp("bridge"),
    ],
    undo: "Nothing uses an image until Terraform names its digest.",
  };
}

function attestations({ registry, commit }: Target): Step {
  const verify = (part: string) =>
    `docker buildx imagetools inspect "${registry}/${part}@$${part.toUpperCase()}_DIGEST" --format '[{{json .Provenance}},{{json .SBOM}}]' | ${
      script("verify_attestations")
    } --commit ${commit}`;
  return {
    name: "Verify where the images come from",
    needs: "images with provenance and a bill of materials (SBOM)",
    changes: "nothing",
    commands: [verify("processor"), verify("bridge")],
    undo: "Nothing was changed. An image that fails was not built by this step: delete its tag.",
  };
}

function columns(target: Target): Step {
  const { project, pipeline } = target;
  const compare = (table: string) =>
    `test -z "$STABLE" || bq show --project_id=${project} --schema --format=prettyjson ${project}:tintype.${table} | ${
      script("compare_columns")
    } --table ${table}`;
  return {
    name: "Compare the live tables' columns with the records'",
    needs: "every column that this version writes, from an earlier deployment",
    changes: "nothing",
    commands: [
      // Nothing serves before the first deployment, which makes the tables.
      readServing(target, "STABLE"),
      ...TABLES.map(compare),
      ...pipeline === ""
        ? []
        : [`npx deno task columns ${pipeline} --dry-run | grep -qx "Every column is there"`],
    ],
    undo:
      "Nothing was changed. Deploy a commit that has the column in infra/bigquery/schemas and does not write it; then this one.",
  };
}

function plan(target: Target): Step {
  const { environment } = target;
  return {
    name: "Plan",
    needs: "the images' digests",
    changes: "nothing; the plan waits in the state's bucket",
    commands: [
      `${TERRAFORM} plan -input=false -var-file=${environment}.tfvars ${DIGESTS} -out=deploy.plan`,
      `${TERRAFORM} show -no-color deploy.plan | tee .tintype/deploy/plan.txt`,
      `gcloud storage cp infra/terraform/deploy.plan ${planObject(target)}`,
    ],
    undo: "Nothing was changed.",
  };
}
