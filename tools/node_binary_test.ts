import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findNodeBinary } from "./node_binary.ts";

test("findNodeBinary() finds a Node that is new enough for the repository", () => {
  const version = execFileSync(findNodeBinary(join(import.meta.dirname ?? "", "..")), [
    "--version",
  ], { encoding: "utf8" });
  assert.ok(Number(/^v(\d+)/.exec(version)?.[1]) >= 24, version);
});

test("findNodeBinary() takes the system's Node where none is installed, but no older one", async () => {
  await using temp = await mkdtempDisposable(join(tmpdir(), "node-binary-"));
  const folder = temp.path;
  const path = Deno.env.get("PATH") ?? "";
  try {
    Deno.env.set("PATH", `${folder}/bin:${path}`);
    await fakeNode(folder, "v24.0.0");
    assert.equal(findNodeBinary(folder), "node");
    await fakeNode(folder, "v22.9.9");
    assert.throws(() => findNodeBinary(folder), /Cannot find Node 24 or newer/);
  } finally {
    Deno.env.set("PATH", path);
  }
});

async function fakeNode(folder: string, version: string): Promise<void> {
  await mkdir(`${folder}/bin`, { recursive: true });
  await writeFile(`${folder}/bin/node`, `#!/bin/sh\necho ${version}\n`);
  await chmod(`${folder}/bin/node`, 0o755);
}
