#!/usr/bin/env bash
# Looks whether an account is ready for a deployment, and prints a line for each look; changes nothing. Ends with 1 where
# something is missing. Wants ENVIRONMENT, PROJECT, PROJECT_NUMBER, REGION, PREFIX, WRANGLER_ENV and WORKER_SECRETS.
set -uo pipefail
missing=0
signed_in=false

# check NAME ADVICE FUNCTION: what the function prints says what is missing.
check() {
  local said
  if said=$("$3" 2>&1); then
    echo "ok       $1"
  else
    missing=1
    echo "MISSING  $1 ($(tail -n 1 <<< "$said" | cut -c 1-200)): $2"
    return 1
  fi
}

# The same for what only somebody who has signed in can see.
check_google() {
  if "$signed_in"; then check "$@"; else echo "UNSEEN   $1: sign in to Google first"; fi
}

programs() {
  for program in gcloud bq terraform docker curl jq; do
    command -v "$program" > /dev/null || { echo "$program"; return 1; }
  done
  docker buildx version > /dev/null
}
own_values() {
  ! grep -n example "infra/terraform/$ENVIRONMENT.tfvars" && ! grep -n 'example\.com' wrangler.toml
}
google() {
  gcloud auth print-access-token > /dev/null && gcloud auth application-default print-access-token > /dev/null
}
project() {
  test "$(gcloud projects describe "$PROJECT" --format='value(projectNumber)')" = "$PROJECT_NUMBER"
}
billing() {
  test "$(gcloud billing projects describe "$PROJECT" --format='value(billingEnabled)')" = True
}
# What Terraform's provider calls before it can enable anything.
apis() {
  local enabled
  enabled=$(gcloud services list --enabled --project "$PROJECT" --format='value(config.name)') || return 1
  for api in cloudresourcemanager serviceusage; do
    grep -qx "$api.googleapis.com" <<< "$enabled" || { echo "$api"; return 1; }
  done
}
# What the steps use beside reading; an owner, or the deployer's roles, have all of it.
rights() {
  local wanted='["artifactregistry.repositories.create","bigquery.datasets.create","bigquery.jobs.create",
    "cloudscheduler.jobs.run","compute.networks.create","iam.roles.create","iam.serviceAccounts.actAs",
    "iam.serviceAccounts.create","logging.logEntries.list","logging.views.access","monitoring.alertPolicies.create",
    "pubsub.topics.publish","resourcemanager.projects.setIamPolicy","run.services.update","secretmanager.secrets.create",
    "serviceusage.services.enable","storage.buckets.create"]'
  gcloud auth print-access-token | sed 's/^/Authorization: Bearer /' |
    curl --silent --show-error --fail --header @- --json "{\"permissions\":$wanted}" \
      "https://cloudresourcemanager.googleapis.com/v3/projects/$PROJECT:testIamPermissions" |
    jq --exit-status "$wanted - (.permissions // []) | . == [] or (join(\" \") | halt_error)"
}
# The bridge's machines, and one more while one is replaced.
processors() {
  gcloud compute regions describe "$REGION" --project "$PROJECT" --flatten=quotas \
    --format='value(quotas.metric,quotas.limit,quotas.usage)' |
    awk '$1 == "CPUS" && $2 - $3 >= 4 { found = 1 } END { exit !found }'
}
names() {
  local said
  for role in raw processed erasures certificates config terraform; do
    said=$(gcloud storage buckets describe "gs://$PREFIX-$role" --format='value(name)' 2>&1) && continue
    grep -qi 'not found' <<< "$said" || { echo "$PREFIX-$role: $said"; return 1; }
  done
}
cloudflare() {
  npx wrangler whoami --json > /dev/null
}
worker_secrets() {
  local said
  # shellcheck disable=SC2086 # two words
  said=$(npx wrangler secret list $WRANGLER_ENV --format json) || return 1
  for secret in $WORKER_SECRETS; do
    [[ "$said" == *"\"$secret\""* ]] || { echo "$secret"; return 1; }
  done
}
# Whether it is of the tenant and lives until a deployment ends.
token() {
  jq --raw-input --exit-status 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson
    | ([.. | strings] | index("synthetic")) != null and .exp > now + 7200' <<< "${SMOKE_TOKEN:-}"
}

check "programs" "install it; docker needs its plugin buildx and a daemon that runs" programs
check "values of your own" "replace what says example (docs/deployment.md, steps 1 and 2)" own_values
check "Google sign-in" "gcloud auth login; gcloud auth application-default login" google && signed_in=true
check_google "project" "project_id and project_number of $ENVIRONMENT.tfvars must be those of one project" project
check_google "billing" "gcloud billing projects link $PROJECT --billing-account=ACCOUNT" billing
check_google "APIs" "gcloud services enable serviceusage.googleapis.com cloudresourcemanager.googleapis.com --project $PROJECT" apis
check_google "rights" "be an owner for the first deployment, later the deployer" rights
check_google "quota of processors" "ask for 4 CPUS in $REGION; without the bridge it does not matter" processors
check_google "names of buckets" "the whole world shares these names: choose another prefix" names
check "Cloudflare sign-in" "npx wrangler login, or CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID" cloudflare
check "the worker's secrets" "npx wrangler secret put NAME $WRANGLER_ENV (docs/deployment.md, step 5)" worker_secrets
check "token of the tenant synthetic" "put an access token of that tenant into SMOKE_TOKEN that lives two more hours" token
exit $missing
