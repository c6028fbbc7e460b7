import { workerSecretsThere } from "./command_lines.ts";
import { type Target, wranglerEnv } from "./target.ts";

/** One look at an account before a deployment. */
export interface AccountCheck {
  readonly name: string;
  /** A line for bash that ends with 0 where all is well; what it prints says what is missing. */
  readonly line: string;
  readonly advice: string;
}

/** What the steps use beside reading; an owner, or the deployer's roles, have all of it. */
const PERMISSIONS = [
  ...["artifactregistry.repositories.create", "bigquery.datasets.create", "bigquery.jobs.create"],
  ...["cloudscheduler.jobs.run", "compute.networks.create", "iam.roles.create"],
  ...["iam.serviceAccounts.actAs", "iam.serviceAccounts.create", "logging.logEntries.list"],
  ...["logging.views.access", "monitoring.alertPolicies.create", "pubsub.topics.publish"],
  ...["resourcemanager.projects.setIamPolicy", "run.services.update"],
  ...["secretmanager.secrets.create", "serviceusage.services.enable", "storage.buckets.create"],
];
/** What Terraform's provider calls before it can enable anything. */
const APIS = ["cloudresourcemanager", "iam", "serviceusage"];
const BUCKETS = ["raw", "processed", "erasures", "certificates", "config", "terraform"];
/** Processors that the bridge's machines, and one more while one is replaced, take. */
const BRIDGE_CPUS = 4;

/** Whether a token's claims name the tenant, and it lives until a deployment ends. */
const CLAIMS =
  'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson | ([.. | strings] | index("synthetic")) != null and .exp > now + 7200';

/** Everything that is looked at, in the order in which it is needed; nothing is changed. */
export function accountChecks(target: Target): AccountCheck[] {
  const { environment, project, region, prefix } = target;
  const tfvars = `infra/terraform/${environment}.tfvars`;
  return [
    {
      name: "programs",
      line:
        "for program in gcloud bq terraform docker curl jq; do command -v $program > /dev/null || { echo $program; exit 1; }; done; docker buildx version > /dev/null",
      advice: "install it; docker needs its plugin buildx and a daemon that runs",
    },
    {
      name: "values of your own",
      line: `! grep -n example ${tfvars} && ! grep -n 'example\\.com' wrangler.toml`,
      advice: "replace what says example (docs/deployment.md, steps 1 and 2)",
    },
    {
      name: "Google sign-in",
      line:
        "gcloud auth print-access-token > /dev/null && gcloud auth application-default print-access-token > /dev/null",
      advice: "gcloud auth login; gcloud auth application-default login",
    },
    {
      name: "project",
      line:
        `test "$(gcloud projects describe ${project} --format='value(projectNumber)')" = ${target.projectNumber}`,
      advice: `project_id and project_number in ${tfvars} must be those of one project`,
    },
    {
      name: "billing",
      line:
        `test "$(gcloud billing projects describe ${project} --format='value(billingEnabled)')" = True`,
      advice: `gcloud billing projects link ${project} --billing-account=ACCOUNT`,
    },
    {
      name: "APIs",
      line:
        `enabled=$(gcloud services list --enabled --project ${project} --format='value(config.name)'); for api in ${
          APIS.join(" ")
        }; do grep -qx $api.googleapis.com <<< "$enabled" || { echo $api; exit 1; }; done`,
      advice: `gcloud services enable ${
        APIS.map((api) => `${api}.googleapis.com`).join(" ")
      } --project ${project}; Terraform enables the others`,
    },
    {
      name: "rights",
      line:
        `gcloud auth print-access-token | sed 's/^/Authorization: Bearer /' | curl --silent --show-error --fail --header @- --json '${
          JSON.stringify({ permissions: PERMISSIONS })
        }' https://cloudresourcemanager.googleapis.com/v3/projects/${project}:testIamPermissions | jq --exit-status --raw-output '${
          JSON.stringify(PERMISSIONS)
        } - (.permissions // []) | if . == [] then "all" else ., halt_error end'`,
      advice: "be an owner for the first deployment, later the deployer",
    },
    {
      name: "quota of processors",
      line:
        `gcloud compute regions describe ${region} --project ${project} --flatten=quotas --format='value(quotas.metric,quotas.limit,quotas.usage)' | awk '$1 == "CPUS" && $2 - $3 >= ${BRIDGE_CPUS} { found = 1 } END { exit !found }'`,
      advice:
        `ask for ${BRIDGE_CPUS} CPUS in ${region} (console, IAM, Quotas); without the bridge it does not matter`,
    },
    {
      name: "names of buckets",
      line: `for role in ${
        BUCKETS.join(" ")
      }; do said=$(gcloud storage buckets describe gs://${prefix}-$role --format='value(name)' 2>&1) || grep -qi 'not found' <<< "$said" || { echo "${prefix}-$role: $said"; exit 1; }; done`,
      advice: "the whole world shares these names: choose another prefix",
    },
    {
      name: "Cloudflare sign-in",
      line: "npx wrangler whoami --json > /dev/null",
      advice: "npx wrangler login, or CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID",
    },
    {
      name: "the worker's secrets",
      line: workerSecretsThere(target),
      advice: `npx wrangler secret put NAME ${
        wranglerEnv(target)
      }, after the first half has made the accounts (docs/deployment.md, step 5)`,
    },
    {
      name: "token of the tenant synthetic",
      line: `printf %s "\${SMOKE_TOKEN:?is not set}" | jq --raw-input --exit-status '${CLAIMS}'`,
      advice:
        "SMOKE_TOKEN must be an access token of your issuer, of the tenant synthetic, for two more hours",
    },
  ];
}
