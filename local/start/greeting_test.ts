import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { greeting } from "./greeting.ts";

const DOORS = {
  doors: ["edge"],
  brokers: undefined,
  publicKey: "key.pem",
  originalsKey: "key.json",
} as const;
const MIB = 1024 * 1024;

function picture(path: string, bytes: number) {
  return { name: path, path, contentType: "image/jpeg", bytes };
}

test("greeting() shows a call that works: with a picture that one request may carry", () => {
  const text = greeting([
    picture("/p/empty.jpg", 0),
    picture("/p/large.jpg", 10 * MIB + 1),
    picture("/p/fits.jpg", 10 * MIB),
  ], DOORS);
  assert.match(text, /@'\/p\/fits\.jpg'/);
});

test("greeting() shows a path that a shell reads as it is", () => {
  const path = `/tmp/it's "$(id)" & \\ more.jpg`;
  const word = /@('.*')$/m.exec(greeting([picture(path, 1)], DOORS))?.[1] ?? "";
  assert.equal(execFileSync("/bin/sh", ["-c", `printf %s ${word}`], { encoding: "utf8" }), path);
});
