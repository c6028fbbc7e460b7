import assert from "node:assert/strict";
import { test } from "node:test";
import { PORTS } from "@tintype/cli/local_ports";
import { listTestFiles, SUITES, testFilesOf } from "./suites.ts";

const namesFor = (path: string) =>
  SUITES.filter((suite) => testFilesOf(suite, [path]).length > 0).map(({ name }) => name);

test("every test file of the project belongs to a suite", () => {
  const tests = listTestFiles(Deno.cwd());
  assert.ok(tests.length > 100);
  assert.ok(tests.every((path) => !path.includes("node_modules")));
  assert.deepEqual(tests.filter((path) => namesFor(path).length === 0), []);
});

test("a file belongs to the suite that names the longest beginning of its path", () => {
  assert.deepEqual(namesFor("tests/client_docs_test.ts"), ["clients"]);
  assert.deepEqual(namesFor("tests/road_test.ts"), ["system"]);
  assert.deepEqual(namesFor("tests/start_command_test.ts"), ["start"]);
  assert.deepEqual(namesFor("core/errors_test.ts"), ["core-deno", "core-node"]);
  assert.deepEqual(namesFor("tests/_system.ts"), []);
});

test("no two suites start the whole system at a port in common", () => {
  const offsets = SUITES.flatMap(({ env }) => env?.["TINTYPE_PORT_OFFSET"] ?? []);
  assert.ok(offsets.length > 1 && !offsets.includes("0"));
  const ports = ["0", ...offsets].flatMap((offset) =>
    Object.values(PORTS).map((port) => port + Number(offset))
  );
  assert.deepEqual(ports.filter((port, index) => ports.indexOf(port) !== index), []);
});
