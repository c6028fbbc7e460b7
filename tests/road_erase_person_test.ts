/** A person's images come out by one command and go by another, each with its receipt, and nobody else's. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BUCKETS, callEdge, clientFor, namesWith, TENANT, tokenFor, URLS } from "./_cloud.ts";
import { objectUrl } from "./_emulator.ts";
import { exportPerson } from "./_export.ts";
import { noisePng, sha256 } from "./_pictures.ts";
import { openSystem, type System } from "./_system.ts";
import { runTask } from "./_task.ts";

const SUBJECT = "leaves.us@example.com";
const OTHER = "stays.here@example.com";
const TENANT_FLAG = ["--tenant", TENANT];

/** As docs/retention.md has it. */
const CHECK = `set -e
head -c -131 list.json > text
tail -c 131 list.json | head -c 128 | xxd -r -p > signature
openssl pkeyutl -verify -pubin -inkey certificate_key.pub.pem -rawin -in text -sigfile signature
jq -r '.files[] | "\\(.sha256)  \\(.name)"' list.json | sha256sum --check --quiet`;
const VERIFIED = "Signature Verified Successfully\n";

let system: System;
let ids: string[];
let others: string;
let folder: string;
const picture = noisePng(40, 30);
before(async () => {
  system = await openSystem();
  folder = await mkdtemp(join(tmpdir(), "tintype-export-"));
  const upload = async (subject: string) => {
    const client = clientFor(subject);
    const { imageId } = await client.upload(new Blob([picture], { type: "image/png" }));
    await client.waitUntilReady(imageId, { timeoutMs: 30_000 });
    return imageId;
  };
  [others = "", ...ids] = await Promise.all([OTHER, SUBJECT, SUBJECT].map(upload));
});
after(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function erase(...args: readonly string[]) {
  const { code, stdout, stderr } = await runTask("erase", ...TENANT_FLAG, "--json", ...args);
  assert.equal(code, 0, stderr);
  assert.ok(!stdout.includes("@example.com"));
  return JSON.parse(stdout) as {
    requested: number;
    images: { imageId: string; erasedAtMs?: string }[];
  }; // as it documents
}

test("a dry run names a person's images and requests nothing", async () => {
  const { requested, images } = await erase("--subject", SUBJECT, "--dry-run");
  assert.deepEqual([requested, images.map(({ imageId }) => imageId).sort()], [0, ids.toSorted()]);
  for (const id of ids) assert.deepEqual(await namesWith(BUCKETS.erasures, id), []);
});

test("export writes what is kept of a person into a ZIP that others read, with a signed list", async () => {
  const { code, stdout, list } = await exportPerson(system, { subject: SUBJECT, folder });
  assert.deepEqual([code, list.missing, list.tenant], [0, [], TENANT], stdout);
  const names = ids.toSorted().flatMap((id) =>
    ["manifest.json", "rows.json", "original.png"].map((name) => `${id}/${name}`)
  );
  assert.deepEqual(list.files.map(({ name }) => name), names);
  for (const id of ids) {
    const read = async (name: string) => await readFile(join(folder, id, name));
    assert.equal(sha256(await read("original.png")), sha256(picture));
    assert.equal(JSON.parse(String(await read("manifest.json"))).imageId, id);
    const [row] = JSON.parse(String(await read("rows.json")));
    assert.deepEqual([row.image_id, row.status, row.media_type], [id, "ready", "image/png"]);
  }
  assert.equal(execFileSync("sh", ["-c", CHECK], { cwd: folder, encoding: "utf8" }), VERIFIED);
  const changes = [
    ["list.json", (text: string) => text.replace(/"bytes": \d/, '"bytes": 0')],
    [`${ids[0]}/rows.json`, (text: string) => text.replace("ready", "Ready")],
  ] as const;
  for (const [name, change] of changes) {
    const file = join(folder, name);
    const text = await readFile(file, "utf8");
    await writeFile(file, change(text));
    assert.notEqual(spawnSync("sh", ["-c", CHECK], { cwd: folder }).status, 0, name);
    await writeFile(file, text);
  }
});

test("export names an original that is gone, ends with 1, and replaces no file", async () => {
  const [name = ""] = await namesWith(BUCKETS.raw, ids[0]);
  await fetch(objectUrl(URLS.storage, BUCKETS.raw, name), { method: "DELETE" });
  const again = await exportPerson(system, { subject: SUBJECT, folder, isAgain: true });
  assert.deepEqual([again.code, again.stderr.includes("is there already")], [2, true]);
  const { code, stdout, list } = await exportPerson(system, { subject: SUBJECT, folder });
  assert.deepEqual([code, list.missing], [1, [{ imageId: ids[0], reason: "gone" }]]);
  assert.equal(list.files.length, 5);
  assert.match(stdout, /original gone/);
});

test("erase gives each image of a person its receipt, says so again, and leaves everybody else's", async () => {
  const { requested, images } = await erase("--subject", SUBJECT);
  assert.equal(requested, ids.length);
  assert.ok(images.every(({ erasedAtMs }) => erasedAtMs !== undefined));
  for (const id of ids) assert.deepEqual(await namesWith(BUCKETS.raw, id), []);
  assert.deepEqual((await erase("--subject", SUBJECT)).requested, 0);
  const { code, list } = await exportPerson(system, { subject: SUBJECT, folder });
  assert.deepEqual([code, list.files, list.missing], [0, [], []]);
  const token = await tokenFor(OTHER);
  assert.equal((await callEdge(`/v1/images/${others}`, { token })).status, 200);
  assert.ok(!system.lines.some((line) => line.startsWith("keeper") && line.includes(SUBJECT)));
});
