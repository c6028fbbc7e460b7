/** Holds code, Terraform, wrangler.toml, rights and documents against each other: what one names the others must know. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./_tree.ts";
import { allRights } from "./rights.ts";
import sentences from "./sentences.json" with { type: "json" };
import watch from "../terraform/modules/contract/alerts.json" with { type: "json" };

interface Watched {
  readonly why?: string;
  readonly title?: string;
  readonly lines?: {
    readonly event: string | readonly string[];
    readonly [field: string]: unknown;
  };
  readonly query?: string;
  readonly filter?: string;
}

const read = (...paths: readonly string[]) =>
  paths.map((path) => readFileSync(join(ROOT, path), "utf8")).join("\n");
const found = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map(([, name = ""]) => name))].toSorted();
const hasWord = (text: string) => (name: string) => new RegExp(`\\b${name}\\b`).test(text);
const hasText = (text: string, form = (name: string) => `"${name}"`) => (name: string) =>
  text.includes(form(name));

const code = read(
  ...globSync("{core,edge,processor,kafka-bridge}/**/*.ts", {
    cwd: ROOT,
    exclude: (path) => /node_modules|_test\.ts$|(^|\/)(testing|_[^/]+)$/.test(path),
  }),
);
const docs = read(...globSync("docs/*.md", { cwd: ROOT }));
const operations = read("docs/operations.md");
const wrangler = read("wrangler.toml");
const worker = read("edge/env.ts", "edge/token_settings.ts");
const services = read(
  "processor/env.ts",
  "processor/keeper_env.ts",
  "processor/webhooks_env.ts",
  "kafka-bridge/config/env.ts",
);
const [contract = "", variables = "", outputs = ""] = ["main", "variables", "outputs"]
  .map((name) => read(`infra/terraform/modules/contract/${name}.tf`));
const watched: readonly Watched[] = [
  ...Object.values(watch.alerts),
  ...Object.values(watch.metrics),
];
const queries = watched.map(({ query }) => query ?? "").join("\n");
const secrets = allRights().filter(({ verb }) => verb === "open").map(({ place }) => place);
const variable = /^ {2}([A-Z][A-Z_]+):/gm;
const isBacked = hasText(docs, (name) => `\`${name}`);

/** What is named in one place, and whether another place knows it. */
const NAMES: Readonly<Record<string, readonly [readonly string[], (name: string) => boolean]>> = {
  "log events of alerts, in code": [
    watched.flatMap(({ lines }) => lines?.event ?? []),
    hasText(code),
  ],
  "fields of alerts' log lines, in code": [
    watched.flatMap(({ lines = { event: "" } }) => Object.keys(lines)),
    hasWord(code),
  ],
  "messages of Google's logs in alerts, in Terraform": [
    found(watched.map(({ filter }) => filter ?? "").join("\n"), /\b(?:AND|NOT) "([^"]+)"/g),
    hasText(read("infra/terraform/warehouse.tf"), (message) => `'${message}'`),
  ],
  "log events of documents, in code": [
    found(operations, /jsonPayload\.event="([a-z_]+)"/g),
    hasText(code),
  ],
  "log events that warn, in documents": [
    found(code, /\.(?:warn|error)\(\s*"([a-z_]+)"/g),
    isBacked,
  ],
  "metrics of code, in documents": [
    found(code, /name: "(tintype_[a-z_]+)"/g),
    (name) => isBacked(name) || isBacked(name.replace(/^tintype_[a-z]+/, "")),
  ],
  "metrics of documents, in code": [
    found(docs, /\b(tintype_(?:bridge|keeper|processor)_[a-z_]+)/g),
    hasText(code, (name) => name),
  ],
  "log metrics, in alerts": [
    Object.keys(watch.metrics),
    hasText(queries, (name) => `\${metrics}${name}{`),
  ],
  "variables of the worker, in wrangler.toml or documents": [
    found(worker, variable),
    hasWord(wrangler + docs),
  ],
  "names of wrangler.toml, in the worker": [
    found(wrangler, /^(?:#? ?|(?:name|binding) = ")([A-Z][A-Z_]+)(?: = |"$)/gm),
    hasText(worker, (name) => `  ${name}:`),
  ],
  "variables that Terraform sets, in code": [
    found(outputs, /^ {4,6}((?!OTEL_)[A-Z][A-Z_]+) += /gm),
    hasWord(code),
  ],
  "variables of services, in Terraform or documents": [
    found(services, variable),
    hasWord(outputs + contract + docs),
  ],
  "secrets that are opened, in Terraform": [secrets, hasText(contract)],
  "secrets, in docs/deployment.md": [
    secrets,
    hasText(read("docs/deployment.md"), (name) => `PREFIX-${name}`),
  ],
  "jobs of the keeper, in Terraform": [
    found(code, /add\(\{ name: "([a-z]+)"/g),
    (job) => new RegExp(`^ {4}${job} += \\{ schedule`, "m").test(contract),
  ],
  "jobs of the keeper, in documents": [
    found(code, /add\(\{ name: "([a-z]+)"/g),
    hasText(operations, (job) => `| \`${job}\` |`),
  ],
  "variables of Terraform, in the root module": [
    found(variables, /^variable "([a-z_]+)"/gm),
    (name) => new RegExp(`\\b${name} += var\\.${name}\\b`).test(read("infra/terraform/main.tf")),
  ],
};

for (const [what, [names, isKnown]] of Object.entries(NAMES)) {
  test(`what one place names the other knows: ${what}`, () => {
    assert.notDeepEqual(names, [], "nothing is named");
    assert.deepEqual(names.filter((name) => !isKnown(name)), []);
  });
}

const [, chapter = ""] = /^## Alerts$(.*?)^(?:## |### Rehearsed)/ms.exec(operations) ?? [];
const sections = chapter.split(/^### /m).slice(1);

test("each alert has its section in docs/operations.md, with lines to paste", () => {
  const budget = "The budget is half used, nearly used, used up";
  const titles = [...Object.values(watch.alerts).map(({ title }) => title), budget];
  assert.deepEqual(sections.map((text) => text.split("\n")[0]).toSorted(), titles.toSorted());
  for (const text of sections) {
    assert.match(text, /\*\*Means\b.*^1\. \*\*Look\b.*^ *```sh\n.+?^ *```$.*^\d\. \*\*Over\b/ms);
  }
});

test("only the keeper and Cloud Storage publish events, as an event may have an image processed again", () => {
  const publish = allRights().filter(({ place, verb }) =>
    `${place} ${verb}` === "topic-events publish"
  );
  assert.deepEqual(publish.map(({ identity }) => identity), ["keeper"]);
  const topics = read("infra/terraform/topics.tf");
  const [storage = "", ...more] = topics.match(/^resource "google_pubsub_topic_iam_[^]*?^}/gm) ??
    [];
  assert.match(storage, /"events"[^]*local\.agents\.storage/);
  const others = more.filter((grant) => grant.includes('"events"') && /publisher/.test(grant));
  assert.deepEqual(others, []);
  assert.doesNotMatch(topics, /custom_attributes/, "a notification sets no attribute of ours");
});

for (const { document, sentence, file, setting } of sentences) {
  test(`docs/${document}.md says "${sentence}", and so it is`, () => {
    assert.match(read(`docs/${document}.md`).replaceAll(/\s+/g, " "), new RegExp(sentence));
    assert.match(read(`infra/terraform/${file}`), new RegExp(setting));
  });
}
