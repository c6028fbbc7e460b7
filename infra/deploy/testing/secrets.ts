/** Keys and secrets of the fake clouds; what a secret is put from is the last word of its call. */
import { type CloudState, Refusal } from "./cloud_state.ts";
import type { Play } from "./fake_call.ts";

const createKey: Play = ({ hmac }, { words: [account = ""] }) => {
  const id = `GOOG${hmac.length + 1}`;
  hmac.push({ id, account, state: "ACTIVE" });
  return `${id}\tsecret-of-${id}`;
};

/** The newest first, as every call here sorts them. */
function listKeys({ hmac }: CloudState): string {
  return hmac.filter(({ state }) => state === "ACTIVE").map(({ id }) => id).reverse().join("\n");
}

const deactivate: Play = ({ hmac }, { words: [id] }) => {
  const key = hmac.find((each) => each.id === id);
  if (key === undefined) throw new Refusal(`NOT_FOUND: Access ID not found: ${id}`);
  key.state = "INACTIVE";
  return "";
};

/** Adds a version to the pseudonym keys, or to another secret. */
const addVersion: Play = (state, { words: [secret = "", text = ""] }) => {
  if (text === "") throw new Refusal("INVALID_ARGUMENT: Secret Payload cannot be empty.");
  const name = secret.replace(/^tintype-preview-/, "");
  state.secrets[name] = (state.secrets[name] ?? 0) + 1;
  if (name === "pseudonym-keys") state.pseudonymKeys = text;
  return "";
};

const put: Play = ({ worker }, { words: [name = "", text = ""] }) => {
  worker.secrets[name] = text;
  return `Success! Uploaded secret ${name}`;
};

const putMany: Play = ({ worker }, { words: [text = ""] }) => {
  Object.assign(worker.secrets, JSON.parse(text));
  return "Finished processing secrets";
};

const remove: Play = ({ worker }, { words: [name = ""] }) => {
  if (worker.secrets[name] === undefined) throw new Refusal(`Secret ${name} not found`);
  delete worker.secrets[name];
  return "";
};

/** Commands on keys and secrets. */
export const SECRETS: Readonly<Record<string, readonly [string, Play]>> = {
  "gcloud storage hmac create": ["project format", createKey],
  "gcloud storage hmac list": ["project service-account filter sort-by format", listKeys],
  "gcloud storage hmac update": ["project deactivate?", deactivate],
  "gcloud storage cat": ["project", () => '{"day":"x","pseudonymKey": 1},{"pseudonymKey": 2}'],
  "gcloud compute instance-groups managed list": ["project filter format", () => ""],
  "gcloud secrets versions access": ["project secret", ({ pseudonymKeys }) => pseudonymKeys],
  "gcloud secrets versions add": ["project data-file", addVersion],
  "npx wrangler secret put": ["env", put],
  "npx wrangler secret bulk": ["env", putMany],
  "npx wrangler secret delete": ["env", remove],
};
