/** Holds code, Terraform, wrangler.toml, rights and documents against each other: what one names the others must know. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./_tree.ts";
import { allRights } from "./rights.ts";

const CONTRACT = "infra/terraform/modules/contract";
const read = (...paths: string[]) =>
  paths.map((path) => readFileSync(join(ROOT, path), "utf8")).join("\n");
const found = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ""))].toSorted();
const code = read(
  ...globSync("{core,edge,processor,kafka-bridge}/**/*.ts", {
    cwd: ROOT,
    exclude: (path) => /node_modules|_test\.ts$|(^|\/)(testing|_[^/]+)$/.test(path),
  }),
);
const docs = read(...globSync("docs/*.md", { cwd: ROOT }));
const operations = read("docs/operations.md");
const wrangler = read("wrangler.toml");
const environment = /^ {2}([A-Z][A-Z_]+):/gm;

const { alerts, metrics }: Watch = JSON.parse(read(`${CONTRACT}/alerts.json`));

interface Watch {
  readonly metrics: Readonly<Record<string, Watched>>;
  readonly alerts: Readonly<Record<string, Watched & { readonly title: string }>>;
}

interface Watched {
  readonly lines?: Readonly<Record<string, unknown>>;
  readonly query?: string;
}

/** Names of one place that another one must know: none is missing where a row holds. */
const MISSING: Readonly<Record<string, readonly string[]>> = {
  "log events of alerts, in code": Object.values({ ...alerts, ...metrics })
    .flatMap(({ lines = {} }) => lines["event"] ?? []).map(String)
    .filter((event) => !code.includes(`"${event}"`)),
  "log events that warn, in documents": found(code, /\.(?:warn|error)\(\s*"([a-z_]+)"/g)
    .filter((event) => !docs.includes(`\`${event}\``)),
  "log events of documents, in code": found(operations, /jsonPayload\.event="([a-z_]+)"/g)
    .filter((event) => !code.includes(`"${event}"`)),
  "metrics of code, in documents": found(code, /name: "(tintype_[a-z_]+)"/g)
    .filter((name) =>
      !docs.includes(name) && !docs.includes(`\`${name.replace(/^tintype_[a-z]+/, "")}`)
    ),
  "metrics of documents, in code": found(docs, /\b(tintype_(?:bridge|keeper|processor)_[a-z_]+)/g)
    .filter((name) => !code.includes(name)),
  "log metrics, in alerts": Object.keys(metrics)
    .filter((name) =>
      !Object.values(alerts).some(({ query }) => query?.includes(`\${metrics}${name}{`))
    ),
  "variables of the worker, in wrangler.toml or documents": found(
    read("edge/env.ts", "edge/token_settings.ts"),
    environment,
  ).filter((name) => !new RegExp(`\\b${name}\\b`).test(wrangler + docs)),
  "names of wrangler.toml, in the worker": [
    ...found(wrangler, /^#? ?([A-Z][A-Z_]+) = /gm),
    ...found(wrangler, /^(?:name|binding) = "([A-Z_]+)"/gm),
  ].filter((name) =>
    !new RegExp(`^ {2}${name}:`, "m").test(read("edge/env.ts", "edge/token_settings.ts"))
  ),
  "variables that Terraform sets, in code": found(
    read(`${CONTRACT}/outputs.tf`),
    /^ {4,6}([A-Z][A-Z_]+) += /gm,
  )
    .filter((name) => !name.startsWith("OTEL_") && !new RegExp(`\\b${name}\\b`).test(code)),
  "variables of services, in Terraform or documents": found(
    read("processor/env.ts", "processor/keeper_env.ts", "kafka-bridge/config/env.ts"),
    environment,
  ).filter((name) =>
    !new RegExp(`\\b${name}\\b`).test(read(`${CONTRACT}/outputs.tf`, `${CONTRACT}/main.tf`) + docs)
  ),
  "secrets that are opened, in Terraform": allRights().filter(({ verb }) => verb === "open")
    .map(({ place }) => place).filter((place) =>
      !read(`${CONTRACT}/main.tf`).includes(`"${place}"`)
    ),
  "secrets, in docs/deployment.md": allRights().filter(({ verb }) => verb === "open")
    .map(({ place }) => place).filter((place) =>
      !read("docs/deployment.md").includes(`PREFIX-${place}`)
    ),
  "jobs of the keeper, in Terraform and documents": found(code, /add\(\{ name: "([a-z]+)"/g)
    .filter((job) =>
      !new RegExp(`^ {4}${job} += \\{ schedule`, "m").test(read(`${CONTRACT}/main.tf`)) ||
      !operations.includes(`| \`${job}\` |`)
    ),
  "variables of Terraform, in the root module": found(
    read(`${CONTRACT}/variables.tf`),
    /^variable "([a-z_]+)"/gm,
  )
    .filter((name) =>
      !new RegExp(`\\b${name} += var\\.${name}\\b`).test(read("infra/terraform/main.tf"))
    ),
};

for (const [what, missing] of Object.entries(MISSING)) {
  test(`what one place names the other knows: ${what}`, () => assert.deepEqual(missing, []));
}

const [, chapter = ""] = /^## Alerts$(.*?)^## /ms.exec(operations) ?? [];
const sections = new Map(
  chapter.split(/^### /m).slice(1).map((section) => {
    const [title = "", ...rest] = section.split("\n");
    return [title, rest.join("\n")];
  }),
);

test("each alert has its section in docs/operations.md, and each section its alert", () => {
  const budget = "The budget is half used, nearly used, used up";
  const titles = [...Object.values(alerts).map(({ title }) => title), budget];
  assert.deepEqual([...sections.keys()].toSorted(), titles.toSorted());
});

for (const [title, text] of sections) {
  test(`"${title}" says what it means, shows a line to paste, and when it is over`, () => {
    assert.match(text, /\*\*Means\b.*\*\*Look\b.*^```sh\n.+?^```$.*\*\*Over\b/ms);
  });
}

/** Sentences that describe a setting, each with the setting. */
const SENTENCES:
  readonly (readonly [document: string, sentence: RegExp, file: string, setting: RegExp])[] = [
    [
      "analysts",
      /tables take a query without a filter/,
      "warehouse.tf",
      /require_partition_filter += false/,
    ],
    [
      "disaster_recovery",
      /no versions, no soft\s+delete/,
      "buckets.tf",
      /retention_duration_seconds = 0/,
    ],
    [
      "disaster_recovery",
      /for 30 days; Terraform refuses to destroy a key/,
      "keys.tf",
      /destroy_scheduled_duration = "2592000s"/,
    ],
    [
      "operations",
      /Each five minutes the worker's cron/,
      "../../wrangler.toml",
      /crons = \["\*\/5 \* \* \* \*"\]/,
    ],
    ["security", /Secrets lie in two regions/, "secrets.tf", /var\.region.*second_region/],
  ];

for (const [document, sentence, file, setting] of SENTENCES) {
  test(`docs/${document}.md says ${sentence.source}, and so it is`, () => {
    assert.match(read(`docs/${document}.md`), sentence);
    assert.match(read(`infra/terraform/${file}`), setting);
  });
}
