/** The rotation of a key as steps, in the order of docs/operations.md: known everywhere, then used, then the old one goes. */
import { script, untilLogged } from "./command_lines.ts";
import type { Step } from "./step.ts";
import { type Target, wranglerEnv } from "./target.ts";
import { keeperOf, moveTraffic, readNewest, readServing } from "./traffic_lines.ts";

/** What a rotation is begun, gone on with and ended by. */
export const STAGES = ["begin", "use", "finish"] as const;

type Stage = (typeof STAGES)[number];

/** The stages of each key: steps by stage, for a target. */
type Rotation = Readonly<Partial<Record<Stage, (target: Target) => Step[]>>>;

const SOON = "Nothing waits: run `deno task rotate` again, which makes another key.";

/** Keys that have a rotation. Endpoints of webhooks have theirs by `deno task webhooks rotate`. */
export const ROTATIONS: Readonly<Record<string, Rotation>> = {
  signing: hmacRotation("edge", "SIGNING_KEY"),
  originals: hmacRotation("originals", "ORIGINALS_KEY"),
  cursor: sharedRotation("CURSOR_KEY", "an hour"),
  grant: sharedRotation("GRANT_KEY", "a day"),
  pseudonym: {
    begin: (target) => [newPseudonymKey(target), ...pseudonymReaders(target)],
    use: (target) => [usePseudonymKey(target)],
    finish: (target) => [dropPseudonymKeys(target), ...pseudonymReaders(target)],
  },
  certificate: {
    begin: (target) => [newCertificateKey(target), restartKeeper(target), certified(target)],
  },
};

/** A service account's key: a second one is valid beside the first, so the edge changes over at once. */
function hmacRotation(account: string, secret: string): Rotation {
  const hmac = ({ project, prefix }: Target, act: string) =>
    `gcloud storage hmac ${act} --project ${project}` +
    (act === "update --deactivate"
      ? ""
      : ` ${
        act === "list" ? "--service-account=" : ""
      }${prefix}-${account}@${project}.iam.gserviceaccount.com`);
  const document = `printf '{"type":"hmac","accessId":"%s","secret":"%s"}' "$id" "$key"`;
  return {
    begin: (target) => [{
      name: `Make a second key of the account ${account}, and have the edge sign by it`,
      needs: "the right to make keys of that account; wrangler's credentials",
      changes: `the account has two keys; the worker's ${secret}`,
      // No program's argument and no file ever holds the key, and nothing is put where none was made.
      commands: [
        `made=$(${
          hmac(target, "create")
        } --format='value(metadata.accessId,secret)'); read -r id key <<< "$made"; test -n "$key"; ${document} | ${
          putSecret(target, secret)
        }`,
      ],
      undo: `${SOON} Both keys stay valid until \`finish\`.`,
    }],
    finish: (target) => [{
      name: "Deactivate every key of the account but the newest",
      needs: "20 minutes since `begin`, when the last address that the old key signed has ended",
      changes: "the old keys, which can be activated again",
      commands: [
        `${
          hmac(target, "list")
        } --filter=state=ACTIVE --sort-by=~timeCreated --format='value(accessId)' | tail -n +2 | xargs -r -n1 ${
          hmac(target, "update --deactivate")
        }`,
      ],
      undo: `gcloud storage hmac update --activate ACCESS_ID --project ${target.project}`,
    }],
  };
}

/** A key of the edge alone: the new one is known under its second name before it is used, then the old one is. */
function sharedRotation(secret: string, until: string): Rotation {
  const old = `"\${${secret}:?must be the key that is in use}"`;
  return {
    begin: (target) => [{
      name: `Have the edge know a new key, then use it`,
      needs: `the key in use in ${secret}; wrangler's credentials`,
      changes: `the worker's ${secret} and ${secret}_ALSO`,
      commands: [
        `test -n ${old}`,
        [
          "new=$(openssl rand -hex 32)",
          `printf %s "$new" | ${putSecret(target, `${secret}_ALSO`)}`,
          'sleep "${ROTATE_REST:-60}"',
          `printf '{"${secret}":"%s","${secret}_ALSO":"%s"}' "$new" ${old} | npx wrangler secret bulk ${
            wranglerEnv(target)
          }`,
        ].join("; "),
      ],
      undo: `Put the key that was in use into ${secret} again, as it is in ${secret}_ALSO.`,
    }],
    finish: (target) => [{
      name: "Have the edge forget the old key",
      needs: `${until} since \`begin\`, when nothing that the old key signed is valid any more`,
      changes: `the worker's ${secret}_ALSO`,
      commands: [`echo y | npx wrangler secret delete ${secret}_ALSO ${wranglerEnv(target)}`],
      undo: SOON,
    }],
  };
}

function putSecret(target: Target, name: string): string {
  return `npx wrangler secret put ${name} ${wranglerEnv(target)}`;
}

function secretOf({ prefix, project }: Target, act: string, name = "pseudonym-keys"): string {
  return `gcloud secrets versions ${act} ${prefix}-${name} --project ${project}`;
}

/** Adds a version of the pseudonym keys, and gives the edge the same text. */
function changePseudonymKeys(target: Target, flags: string): string[] {
  const secret = `--secret=${target.prefix}-pseudonym-keys`;
  const read = `gcloud secrets versions access latest ${secret} --project ${target.project}`;
  return [
    `keys=$(${read} | ${script("next_keys")}${flags}); printf %s "$keys" | ${
      secretOf(target, "add")
    } --data-file=-`,
    `keys=$(${read}); printf %s "$keys" | ${putSecret(target, "PSEUDONYM_KEYS")}`,
  ];
}

function newPseudonymKey(target: Target): Step {
  return {
    name: "Add a pseudonym key, and give the edge the same keys",
    needs: "the recoverers' right on pseudonym-keys (their reading alerts); wrangler's credentials",
    changes: "pseudonym-keys has a version with one key more, and so has the worker",
    commands: changePseudonymKeys(target, ""),
    undo: "Nothing has to be: a key that no day names is used by nobody.",
  };
}

/** Keeper and bridge read their secrets when they start. */
function pseudonymReaders(target: Target): Step[] {
  const { prefix, project, region } = target;
  const group = `${prefix}-bridge --region ${region} --project ${project}`;
  return [
    restartKeeper(target),
    {
      name: "Start the bridge's members again, one by one",
      needs: "the bridge, if there is one",
      changes: "its members; none is away before another one reads",
      commands: [
        `test -z "$(gcloud compute instance-groups managed list --filter=name=${prefix}-bridge --format='value(name)' --project ${project})" || gcloud compute instance-groups managed rolling-action replace ${group} --max-surge 3 --max-unavailable 0`,
      ],
      undo: "Nothing has to be: members read the secret's newest version.",
    },
  ];
}

function restartKeeper(target: Target): Step {
  const { keeper, region, project } = target;
  return {
    name: "Start the keeper again with the secret's newest version",
    needs: "a keeper that starts",
    changes: "the keeper's revision and traffic",
    commands: [
      readServing(keeperOf(target), "KEEPER_STABLE"),
      `gcloud run services update ${keeper} --update-labels "rotated=$(date +%s)" --region ${region} --project ${project}`,
      readNewest(keeperOf(target), "KEEPER_NEWEST"),
      moveTraffic(keeperOf(target), '"$KEEPER_NEWEST=100"'),
    ],
    undo: moveTraffic(keeperOf(target), '"$KEEPER_STABLE=100"'),
  };
}

function usePseudonymKey(target: Target): Step {
  const { environment, prefix, project, keeper, region } = target;
  const file = `infra/terraform/${environment}.tfvars`;
  return {
    name: "See that new days use the new key",
    needs: `keeper.pseudonym_key in ${file} set to the new number, and deployed`,
    changes: "days.json: the first day that is not made yet, nine days on, names the new key",
    commands: [
      {
        line: `sed -nE 's/.*\\bpseudonym_key *= *([0-9]+).*/\\1/p' ${file} || true`,
        saves: "NUMBER",
      },
      `test -n "$NUMBER" || { echo 'Set keeper.pseudonym_key in ${file} and deploy first' >&2; exit 1; }`,
      `gcloud run services describe ${keeper} --region ${region} --project ${project} --format=json | tr -d ' \n' | grep -q '"PSEUDONYM_KEY","value":"'"$NUMBER"'"' || { echo "The keeper does not run with PSEUDONYM_KEY=$NUMBER: deploy first" >&2; exit 1; }`,
      `gcloud scheduler jobs run ${prefix}-days --location ${region} --project ${project}`,
    ],
    undo: `Set keeper.pseudonym_key back and deploy. A day that names a key keeps it.`,
  };
}

/** Only once no day names an old key any more: 16 days after `use`. */
function dropPseudonymKeys(target: Target): Step {
  const { prefix, project } = target;
  // The file holds the salts: of it only the numbers leave the pipe.
  const numbers =
    `gcloud storage cat gs://${prefix}-config/days.json --project ${project} | grep -oE '"pseudonymKey": *[0-9]+' | sort -u | wc -l`;
  return {
    name: "Take the old pseudonym keys out",
    needs: "no day in days.json that names an old key: 16 days since `use`",
    changes: "pseudonym-keys has a version with the newest key alone, and so has the worker",
    commands: [
      { line: numbers, saves: "NUMBERS" },
      `test "$NUMBERS" = 1 || { echo "days.json names $NUMBERS keys: wait until the last day of the old one is dropped" >&2; exit 1; }`,
      ...changePseudonymKeys(target, " --newest"),
    ],
    undo:
      `The versions before hold the old keys: gcloud secrets versions list ${prefix}-pseudonym-keys --project ${project}`,
  };
}

function newCertificateKey(target: Target): Step {
  const { prefix, project } = target;
  const access =
    `gcloud secrets versions access latest --secret=${prefix}-certificate-key --project ${project}`;
  return {
    name: "Make a new certificate key, and print its public half for the auditors",
    needs: "the right to add versions of certificate-key",
    changes:
      "certificate-key has a version more; the old public key proves the old certificates for ever",
    commands: [
      `key=$(openssl genpkey -algorithm ed25519); printf '%s\\n' "$key" | ${
        secretOf(target, "add", "certificate-key")
      } --data-file=-`,
      `${access} | openssl pkey -pubout`,
    ],
    undo:
      `gcloud secrets versions destroy latest --secret=${prefix}-certificate-key --project ${project}, then start the keeper again`,
  };
}

function certified(target: Target): Step {
  const { prefix, region, project, keeper } = target;
  const filter =
    `resource.labels.service_name="${keeper}" AND resource.labels.revision_name="'"$KEEPER_NEWEST"'" AND jsonPayload.job="sweep" AND jsonPayload.complete=true`;
  return {
    name: "A sweep leaves a certificate by the new key",
    needs: "nothing",
    changes: "one certificate more",
    commands: [
      `gcloud scheduler jobs run ${prefix}-sweep --location ${region} --project ${project}`,
      untilLogged(target, filter),
    ],
    undo:
      "Nothing has to be. Auditors verify it with both public keys in one file: npx deno task audit.",
  };
}
