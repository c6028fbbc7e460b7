/** The operators' commands in this process, before a keeper that a test scripts and the real storage emulator. */
import { SHARDS } from "@tintype/core/model/object_name";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { runCommand as run } from "./testing/run_command.ts";

type Json = Readonly<Record<string, unknown>>;

/** What the next calls of the keeper get, by the job's body; and every body that came. */
let respond: (body: Json) => object;
const bodies: Json[] = [];
/** The keeper, the OIDC provider beside it and Pub/Sub: each takes what comes. */
const keeper = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
  const { pathname } = new URL(request.url);
  const body: Json = await request.json();
  if (pathname.endsWith(":generateIdToken")) return Response.json({ token: "token" });
  if (pathname.endsWith(":publish")) {
    bodies.push(body);
    return Response.json({ messageIds: ["1"] });
  }
  assert.equal(request.headers.get("authorization"), "Bearer token");
  bodies.push({ job: pathname, ...body });
  return Response.json(respond(body));
});
const KEEPER = `http://127.0.0.1:${keeper.addr.port}`;
let storage: Emulator;
let folder: string;
before(async () => {
  storage = await startEmulator("storage");
  await storage.control("POST", "/_local/mutations", { limit: "none" });
  folder = await Deno.makeTempDir();
});
after(async () => {
  await Promise.all([storage.stop(), keeper.shutdown()]);
  await Deno.remove(folder, { recursive: true });
});

/** Runs a command that calls the keeper. */
async function ask(
  name: string,
  args: readonly string[],
  response: object | ((body: Json) => object),
) {
  respond = (body) => typeof response === "function" ? response(body) : response;
  bodies.length = 0;
  const ended = await run(name, ...args, "--keeper", KEEPER, "--oidc", KEEPER);
  return { ...ended, bodies: [...bodies] };
}

const IMAGE = { imageId: "a", bytes: 5, none: null, empty: "", list: ["x", "y"], emptyList: [] };
const NESTED = { t0Ms: 0, rows: [{ n: 1 }, { n: 2 }], manifest: { atMs: 1_000, count: 0 } };
const T0 = "1970-01-01T00:00:00.000Z";
const LINES = [
  ["imageId", "a"],
  ["bytes", "5"],
  ["list", "x, y"],
  ["t0", T0],
  ["rows.1.n", "1"],
  ["rows.2.n", "2"],
  ["manifest.at", "1970-01-01T00:00:01.000Z"],
  ["manifest.count", "0"],
].map(([name = "", value]) => `${name.padEnd(24)} ${value}\n`).join("");

test("image prints a line for each field that says something, by id and by record", async () => {
  const images = [{ ...IMAGE, ...NESTED }];
  const byId = await ask("image", ["ABC", "--tenant", "acme"], { images });
  assert.deepEqual([byId.code, byId.out, byId.err], [0, LINES, ""]);
  assert.deepEqual(byId.bodies, [{ job: "/jobs/image", imageId: "abc", tenant: "acme" }]);
  const byRecord = await ask("image", ["Images/0/7", "--json"], { images });
  assert.equal(byRecord.out, `${JSON.stringify(images, null, 2)}\n`);
  const origin = { job: "/jobs/image", origin: "Images/0/7" };
  assert.deepEqual(byRecord.bodies, [{ ...origin, cluster: "local" }]);
  const named = await ask("image", ["Images/0/7", "--cluster", "main"], { images: [] });
  assert.deepEqual(named.bodies, [{ ...origin, cluster: "main" }]);
  assert.deepEqual([named.code, named.out], [1, ""]);
  assert.match(named.err, /^Nothing is known of it: /);
  const homeless = await run("image", "abc", "--project", "p");
  assert.deepEqual([homeless.code, homeless.err], [2, "--project needs --keeper\n"]);
});

const COUNTS = { waiting: 1, republished: 2, survived: 3, failed: 4, heldBack: 0 };
const shard = (changes: object = {}) => (body: Json) => ({
  ...{ isAgeKnown: true, oldestWaitingMs: 5, ...COUNTS, lookedAt: 10 },
  ...{ shards: body["shards"] === "" ? 0 : 1, ...changes },
});

test("repair sums what the keeper counts in each shard", async () => {
  const { code, out, err, bodies } = await ask("repair", ["--since", T0], shard());
  const sum = "32 of 32 shards, 330 images: 66 lost, 132 failed and 99 erasures published; 33 wait";
  assert.deepEqual([code, out], [0, `${sum}, 0 held back\n`]);
  assert.match(err, /^1 of 32 shards, 20 images: 4 lost, /);
  const job = { job: "/jobs/repair", since: T0, dryRun: false };
  const shards = SHARDS.map((shards) => ({ ...job, shards, failed: false }));
  assert.deepEqual(bodies[0], { ...job, shards: "" });
  const inOrder = (a: Json, b: Json) => String(a["shards"]) < String(b["shards"]) ? -1 : 1;
  assert.deepEqual(bodies.slice(1).toSorted(inOrder), shards.toSorted(inOrder));
  const dry = await ask("repair", ["--since", T0, "--dry-run", "--json"], shard());
  const { isDryRun, lookedAt, isAgeKnown } = JSON.parse(dry.out);
  assert.deepEqual([isDryRun, lookedAt, isAgeKnown, dry.err], [true, 330, true, ""]);
  assert.match((await ask("repair", ["--since", T0, "--dry-run"], shard())).out, /would be pub/);
});

test("repair fails where something is held back, or nobody knows what waits", async () => {
  const held = await ask("repair", ["--since", T0, "--json"], shard({ heldBack: 1 }));
  assert.deepEqual([held.code, JSON.parse(held.out).heldBack], [1, 33]);
  assert.match(held.err, /^Events that repair published before may still wait/);
  const blind = { isAgeKnown: false, oldestWaitingMs: null };
  const unknown = await ask("repair", ["--since", T0], shard(blind));
  assert.deepEqual([unknown.code, unknown.bodies.length], [1, 1]);
  assert.match(unknown.err, /^Nothing was published: /);
});

const REPLAYED = { images: 5, replayed: 3, usd: 1.005, isDryRun: false };
const replaying = ({ dryRun }: Json) => ({ ...REPLAYED, isDryRun: dryRun });

test("replay prints first what it costs, sends what it is to choose, and waits", async () => {
  const chosen = ["--tenant", "acme", "--source", "edge", "--status", "ready", "--max", "7"];
  const args = ["--version", "v1", ...chosen, "--budget", "2.5", "--since", T0, "--may-reject"];
  const { code, out, err, bodies } = await ask("replay", args, replaying);
  const cost = "for about 1.00 USD\n";
  assert.equal(code, 0);
  assert.equal(err, `5 images are not current; 3 of them would be processed again, ${cost}`);
  assert.equal(out, `5 images are not current; 3 of them are processed again, ${cost}`);
  const body = { job: "/jobs/replay", version: "v1", tenant: "acme", source: "edge" };
  const rest = { status: "ready", max: 7, mayReject: true, since: T0, budgetUsd: 2.5 };
  assert.deepEqual(bodies, [true, false].map((dryRun) => ({ ...body, ...rest, dryRun })));
  const dry = await ask("replay", ["--before", T0, "--dry-run", "--json"], replaying);
  assert.deepEqual(JSON.parse(dry.out), { ...REPLAYED, isDryRun: true });
  assert.deepEqual([dry.err, dry.bodies.length, dry.bodies[0]?.["before"]], ["", 1, T0]);
  const rows = [5, 5, 2].map((images) => ({ ...REPLAYED, images }));
  const waiting = ["--before", T0, "--wait", "1s", "--json"];
  const waited = await ask("replay", waiting, () => rows.shift() ?? assert.fail());
  assert.deepEqual([waited.code, waited.err], [0, "3 of 3 images have their new row\n"]);
  for (const wrong of [[], ["--version", "v1", "--before", T0]]) {
    const { code, err } = await run("replay", ...wrong);
    assert.deepEqual([code, /either --version or --before/.test(err)], [2, true]);
  }
});

const REBUILT = { lookedAt: 4, missing: 3, published: 2, tooLate: 1, failed: 0 };

test("rebuild-rows goes through each kept day, or one", async () => {
  const all = await ask("rebuild_rows", [], REBUILT);
  const days = all.bodies.length;
  const sum = `${4 * days} manifests, ${3 * days} without a row: ${2 * days} published, ${days}`;
  assert.ok(days >= 7);
  assert.deepEqual([all.code, all.out], [0, `${sum} too late, 0 unreadable\n`]);
  assert.match(all.err, /^until \d{4}-\d\d-\d\d: 4 manifests, /);
  const args = ["--day", "2026-03-14", "--dry-run", "--json"];
  const one = await ask("rebuild_rows", args, { ...REBUILT, failed: 1 });
  assert.deepEqual([one.code, JSON.parse(one.out), one.err], [1, { ...REBUILT, failed: 1 }, ""]);
  assert.deepEqual(one.bodies, [
    { job: "/jobs/rebuild-rows", days: ["2026-03-14"], dryRun: true },
  ]);
});

const PERSON = ["--tenant", "acme", "--subject", "ann"];
const GONE = { imageId: "a", owner: "o", t0Ms: 0, requestedAtMs: 0, erasedAtMs: 1_000 };
const GONE_LINE = `began ${T0}  source edge  requested ${T0}  receipt 1970-01-01T00:00:01.000Z`;

test("erase reports each image, and fails without a receipt", async () => {
  const images = [{ ...GONE, source: "edge" }, { ...GONE, imageId: "b", kafkaUntilMs: 2_000 }];
  const done = await ask("erase", PERSON, { days: 2, requested: 2, images });
  const [title, count, first, second, last] = done.out.split("\n");
  assert.match(title ?? "", /^Erasure of one person's images, tenant acme, \d{4}-/);
  assert.deepEqual([done.code, count, first], [0, "2 images of 2 days", `  a  ${GONE_LINE}`]);
  assert.match(second ?? "", /^ {2}b {2}began .* source - /);
  assert.match(last ?? "", /records of 1 images end there by 1970-01-01T00:00:02/);
  const body = { job: "/jobs/erase", tenant: "acme", subject: "ann" };
  assert.deepEqual(done.bodies, [{ ...body, dryRun: false }]);
  const open = [{ imageId: "a", owner: "o", t0Ms: 0 }];
  const opened = { days: 1, requested: 0, images: open };
  const dry = await ask("erase", [...PERSON, "--dry-run"], opened);
  assert.deepEqual([dry.code, dry.bodies], [0, [{ ...body, dryRun: true }]]);
  assert.match(dry.out, /requested not {2}receipt not yet\nRecords that the bridge has not read/);
  const json = await ask("erase", [...PERSON, "--dry-run", "--json"], opened);
  const shown = { ...opened, images: [{ ...open[0], t0Ms: T0 }] };
  assert.equal(json.out, `${JSON.stringify(shown, null, 2)}\n`);
});

test("export lists what would be in it, page by page", async () => {
  const image = { imageId: "a", t0Ms: 0, rows: [{}], source: "edge", original: { size: 9 } };
  const until = (imageId: string, kafkaUntilMs: number) => ({ ...image, imageId, kafkaUntilMs });
  const sums = { days: 1, images: 2, erased: 3 };
  const pages = [
    { ...sums, page: [until("a", 2_000), until("b", 1_000)], after: "b" },
    { ...sums, page: [{ ...until("c", 1_500), original: "is gone" }] },
  ];
  const next = () => pages.shift() ?? assert.fail();
  const { code, out, bodies } = await ask("export", [...PERSON, "--dry-run"], next);
  const line = (id: string, original: string) =>
    `  ${id}  began ${T0}  source edge  original ${original}  rows 1`;
  assert.deepEqual([code, out.trimEnd().split("\n")], [1, [
    ...[line("a", "9 bytes"), line("b", "9 bytes"), line("c", "is gone")],
    "2 images of 1 days; 3 erased are left out",
    "0 files, 0 bytes; 1 originals are missing",
    "Records of 3 images may still be in Kafka; the last one ends by 1970-01-01T00:00:02.000Z.",
  ]]);
  const body = { job: "/jobs/export", tenant: "acme", subject: "ann" };
  assert.deepEqual(bodies, [body, { ...body, after: "b" }]);
});

/** Runs a command on the stores. */
const work = (name: string, ...args: readonly string[]) =>
  run(name, ...args, "--storage", storage.url, "--pubsub", KEEPER, "--bigquery", KEEPER);
const ENDPOINT = { id: "shop", url: "https://shop.test/", types: ["image.ready"] };

test("tenants checks a folder, uploads what differs and shows what holds", async () => {
  const write = (name: string, document: object) =>
    Deno.writeTextFile(`${folder}/${name}.json`, JSON.stringify(document));
  await write("_default", { imagesPerDay: 5 });
  await write("acme", { maxBytes: "x" });
  const wrong = await run("tenants", "validate", folder);
  assert.deepEqual([wrong.code, wrong.out], [1, ""]);
  assert.match(wrong.err, /^acme\S*maxBytes: /);
  await write("acme", { maxBytes: 7, webhooks: [ENDPOINT] });
  const valid = await run("tenants", "validate", folder);
  assert.deepEqual([valid.code, valid.out], [0, "2 objects are valid: _default, acme\n"]);
  const pushed = [await work("tenants", "push", folder), await work("tenants", "push", folder)];
  assert.deepEqual(pushed.map(({ code, out }) => [code, out]), [
    [0, "2 uploaded (_default, acme), 0 unchanged\n"],
    [0, "0 uploaded (), 2 unchanged\n"],
  ]);
  const shown = await work("tenants", "show", "acme");
  const { imagesPerDay, maxBytes } = JSON.parse(shown.out);
  assert.deepEqual([shown.code, imagesPerDay, maxBytes], [0, 5, 7]);
  for (const call of [["show", "A"], ["open", "acme"]]) {
    const { code, err } = await work("tenants", ...call);
    assert.deepEqual([code, /it takes validate DIR/.test(err)], [2, true]);
  }
});

const AGAIN = "Open it again: npx deno task source open edge";
/** Calls of `source` one after another: the code and what each prints, or what is wrong with it. */
const SOURCES: readonly (readonly [call: string, code: number, out: RegExp | string])[] = [
  ["show", 0, "no source is closed\n"],
  ["close edge --dry-run", 0, "everybody: edge would be closed\n"],
  ["close edge", 0, `everybody: edge is closed within a minute\n${AGAIN}\n`],
  ["close edge", 0, `everybody: edge is closed already\n${AGAIN}\n`],
  [
    "close edge --tenant acme",
    0,
    `acme: edge is closed within a minute\n${AGAIN} --tenant acme\n`,
  ],
  ["show", 0, "everybody: edge closed\nacme: edge closed\n"],
  ["open edge", 0, "everybody: edge is open within a minute\n"],
  ["open edge --tenant acme", 0, "acme: edge is open within a minute\n"],
  ["open edge --tenant A", 2, /--tenant must be a tenant's name \(got "A"\)/],
  ["close window", 2, /window is none of edge, kafka/],
  ["close", 2, /it takes show, drain, close SOURCE or open SOURCE/],
  ["drain edge", 2, /it takes show/],
  ["show edge", 2, /it takes show/],
];

test("source closes and opens, for everybody or one tenant", async () => {
  for (const [call, code, expected] of SOURCES) {
    const { out, err, ...ended } = await work("source", ...call.split(" "));
    assert.equal(ended.code, code, call);
    if (typeof expected === "string") assert.equal(out, expected, call);
    else assert.match(err, expected, call);
  }
  const where = ["--storage", storage.url, "--pubsub", KEEPER, "--bigquery", KEEPER];
  const drained = await ask("source", ["drain", "--dry-run", "--settle", "1s", ...where], shard());
  assert.equal(drained.code, 0);
  assert.match(
    drained.out,
    /^everybody: edge would be closed\neverybody: kafka would be closed\n$/,
  );
  assert.match(drained.err, /has waited for at most 0 s; 4 images are failed/);
  const body = { job: "/jobs/repair", since: T0, shards: "", dryRun: true };
  assert.deepEqual(drained.bodies, [body]);
});

const OWN = "acme shop";
/** The same of `webhooks`. */
const WEBHOOKS: readonly (readonly [call: string, code: number, printed: RegExp])[] = [
  ["list", 0, /^acme shop https:\/\/shop\.test\/ \(version 1\): image\.ready\n$/],
  ["list --json", 0, /^\[\n {2}\{\n {4}"tenant": "acme",/],
  [`rotate ${OWN} --finish`, 1, /nothing to finish, version 1 alone signs/],
  [`rotate ${OWN} --dry-run`, 0, /^acme shop: versions 2 and 1 sign after it\n$/],
  [`rotate ${OWN}`, 0, /versions 2 and 1 sign within a minute\nThen: .*--finish\n$/],
  ["list", 0, /\(version 2 and 1\)/],
  [`rotate ${OWN}`, 1, /versions 2 and 1 sign already: end that with --finish/],
  [`rotate ${OWN} --finish`, 0, /^acme shop: version 2 alone signs within a minute\n$/],
  [`secret ${OWN}`, 0, /^whsec_\S+\n$/],
  [`test ${OWN}`, 0, /^webhook\.test [0-9a-f]{32} is on its way/],
  [`replay ${OWN}`, 2, /replay needs --since/],
  ["test acme none", 1, /^acme has no endpoint none/],
  ["test acme", 2, /it takes list, or test/],
  ["toString acme shop", 2, /it takes list, or test/],
];

test("webhooks lists endpoints, tests them and rotates their secrets", async () => {
  Deno.env.set("WEBHOOK_MASTER", "m".repeat(32));
  const secrets = new Set<string>();
  bodies.length = 0;
  for (const [call, code, printed] of WEBHOOKS) {
    const { out, err, ...ended } = await work("webhooks", ...call.split(" "));
    assert.equal(ended.code, code, `${call}: ${err}`);
    assert.match(code === 0 ? out : err, printed, call);
    if (call.startsWith("secret")) secrets.add(out);
  }
  Deno.env.delete("WEBHOOK_MASTER");
  assert.match((await work("webhooks", "secret", "acme", "shop")).err, /WEBHOOK_MASTER must hold/);
  const [{ messages: [{ data = "" } = {}] = [] } = {}] = bodies as {
    messages?: { data?: string }[];
  }[]; // Pub/Sub's
  const { type, data: event } = JSON.parse(atob(data));
  assert.deepEqual([type, event], ["webhook.test", { tenant: "acme", endpoint: "shop" }]);
  const local = await run("webhooks", "list", "--tenants", folder);
  assert.match(local.out, /^acme shop .* \(version 1\)/);
});
