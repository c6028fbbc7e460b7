/** The tour's own calls, on the system of this run; with `DOCS_IMAGES=1` its output becomes the picture of the documents. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BUCKETS, namesWith } from "./_cloud.ts";
import { openSystem, type System } from "./_system.ts";
import { runTask } from "./_task.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** What each step must show, in order. */
const SHOWN = [
  /^→ POST \S+name=tenants\/tour-/m,
  /^→ POST \S+\/v1\/uploads\n {2}\{[^]*?^← 201 [^]*?^→ PUT [^]*?^← 200 /m,
  /status: 'ready',[^]*?name: 'thumb'/,
  /^← row \{\s+status: 'ready'/m,
  /^← webhook-signature 'v1,[^]*?type: 'image\.ready'/m,
  /^→ DELETE [^]*?^← 202 [^]*?^← 404 [^]*?^← row \{ status: 'erased'/m,
  /status: 'erased',\s+requestedAt: /,
  /^← certificate [^]*?complete: true[^]*?^← raw \{ lookedAt: \d+, overdue: 0 \}/m,
];

let system: System;
before(async () => system = await openSystem());
after(async () => await system?.stop());

test("deno task tour shows a picture from its upload to the certificate, and leaves nothing of it", async () => {
  const { code, stdout, stderr } = await runTask("tour", "--no-pause");
  assert.equal(code, 0, stderr);
  const steps = stdout.split(/^(?=\d+\. )/m).slice(1);
  assert.equal(steps.length, SHOWN.length);
  for (const [at, pattern] of SHOWN.entries()) assert.match(steps[at] ?? "", pattern);
  const files = [...stdout.matchAll(/[\w-]+(?:\/\w+)+\.(?:ts|sql)/g)].map(([path]) => path);
  assert.deepEqual(files.filter((path) => !existsSync(join(ROOT, path))), []);
  const [, imageId = ""] = /imageId: '([\w-]+)'/.exec(stdout) ?? [];
  assert.deepEqual(await namesWith(BUCKETS.raw, imageId), []);
  assert.deepEqual(await namesWith(BUCKETS.config, "tour-"), []);
  if (process.env["DOCS_IMAGES"] === "1") {
    writeFileSync(join(ROOT, "docs/images/tour.svg"), pictureOf(steps.join("").split("\n")));
  }
});

function pictureOf(lines: readonly string[]): string {
  const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const kinds = [[/^\d/, "b"], [/^ {3}\w/, "d"], [/^→/, "c"], [/^←/, "g"]] as const;
  const offset = Number(process.env["TINTYPE_PORT_OFFSET"] ?? 0);
  const usual = (_: string, port: string) => `localhost:${Number(port) - offset}`;
  const texts = lines.map((line, at) => {
    const [, kind = "t"] = kinds.find(([pattern]) => pattern.test(line)) ?? [];
    return `<text x="16" y="${28 + at * 18}" class="${kind}">${
      escape(line).replaceAll(/localhost:(\d+)/g, usual)
    }</text>`;
  });
  const style = "text{font:13px ui-monospace,monospace;white-space:pre;fill:#d8d8d4}" +
    ".b{font-weight:700;fill:#fff}.d{fill:#8b8b85}.c{fill:#7cc4e8}.g{fill:#9bd08a}";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 ${lines.length * 18 + 24}">` +
    `<style>${style}</style><rect width="100%" height="100%" rx="8" fill="#1e1f21"/>\n` +
    `${texts.join("\n")}\n</svg>\n`;
}
