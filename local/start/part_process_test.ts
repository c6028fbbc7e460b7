import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@tintype/cli/free_port";
import { eventually } from "@tintype/core/testing/eventually";
import type { Console } from "./console.ts";
import { type Part, startPart } from "./part_process.ts";

/** Says its id with its first health check, and answers nobody after `/hang`. */
const PROGRAM = `
  let hangs = false;
  require("node:http").createServer((request, response) => {
    if (request.url === "/hang") hangs = true;
    else if (request.url === "/die") process.exit(1);
    else if (hangs) return;
    response.end(String(process.pid));
  }).listen(Number(process.argv[1]), "127.0.0.1");
`;

test("a part that dies is started again, and says so", async () => {
  await withPart(async (url, said) => {
    const first = await pidAt(url);
    await fetch(`${url}/die`).catch(() => undefined);
    await untilAnother(url, first);
    assert.match(said.join("\n"), /died with code 1; starting it again/);
  });
});

test("a part that lives and answers nobody is ended and started again", async () => {
  await withPart(async (url, said) => {
    const first = await pidAt(url);
    await sleep(300); // the watch begins with an answer
    await fetch(`${url}/hang`);
    await untilAnother(url, first);
    assert.match(said.join("\n"), /answers nothing any more/);
  });
});

async function withPart(work: (url: string, said: string[]) => Promise<void>): Promise<void> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const said: string[] = [];
  const console: Console = {
    say: (text) => void said.push(text),
    part: (_, __, line) => void said.push(line),
    progress: () => undefined,
  };
  const part: Part = startPart({
    name: "sample",
    colour: "gray",
    command: process.execPath,
    args: ["-e", PROGRAM, String(port)],
    env: {},
    cwd: process.cwd(),
    healthUrl: `${url}/healthz`,
    readyMs: 10_000,
  }, { console, verbose: false, onGivenUp: (text) => void said.push(text), silenceMs: 600 });
  try {
    await part.ready();
    await work(url, said);
  } finally {
    await part.stop(1_000);
  }
}

async function pidAt(url: string): Promise<string> {
  return await (await fetch(url, { signal: AbortSignal.timeout(500) })).text();
}

async function untilAnother(url: string, first: string): Promise<void> {
  const isAnother = async () => await pidAt(url).catch(() => first) !== first;
  await eventually("another process in its place", isAnother);
}
