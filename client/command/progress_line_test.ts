import assert from "node:assert/strict";
import { test } from "node:test";
import { UploadError } from "../client.ts";
import { ProgressLine } from "./progress_line.ts";

const PICTURE = { name: "a.jpg", path: "/a.jpg", contentType: "image/jpeg", bytes: 4_000_000 };
/** Begins the line anew. */
const CLEAR = "\r\x1b[2K";

test("ProgressLine shows on a terminal how far all are, how fast, and why one waits", () => {
  let written = "";
  const line = new ProgressLine((text) => written += text, { isTerminal: true });
  line.add(PICTURE);
  line.add({ ...PICTURE, path: "/b.jpg" });
  line.tell(() => written += "a line above\n");
  assert.ok(written.startsWith(`${CLEAR}a line above\n`));
  const progress = { state: "sending", heldBytes: 2_000_000, totalBytes: 4_000_000 } as const;
  line.change(PICTURE, { ...progress, bytesPerSecond: 1_500_000 });
  line.tell(() => written = "");
  assert.match(written, /\[#{6}-{18}\] 0 of 2 {2}2\.0 of 8\.0 MB {2}1\.5 MB\/s$/);
  const error = new UploadError({ status: 0, code: "network", detail: "" });
  line.change(PICTURE, { ...progress, state: "waiting", error });
  line.tell(() => written = "");
  assert.match(written, /1 waiting: network$/);
  line.end();
  assert.ok(written.endsWith(CLEAR));
});

test("ProgressLine writes nothing where there is no terminal", () => {
  const line = new ProgressLine(() => assert.fail("It wrote"), { isTerminal: false });
  line.add(PICTURE);
  line.change(PICTURE, { state: "done", heldBytes: 1, totalBytes: 1 });
  let told = 0;
  line.tell(() => told++);
  line.end();
  assert.equal(told, 1);
});
