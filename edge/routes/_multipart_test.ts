import assert from "node:assert/strict";
import { test } from "node:test";
import { boundaryOf, readOnlyFile } from "./_multipart.ts";

const encoder = new TextEncoder();
const HEAD =
  '--xyz\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n';

async function* inPieces(text: string, size: number) {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(text: string, size: number): Promise<string> {
  const file = await readOnlyFile(inPieces(text, size), "xyz");
  let all = "";
  for await (const chunk of file.chunks) all += new TextDecoder().decode(chunk);
  return all;
}

test("readOnlyFile() gives the file's bytes, wherever the chunks are cut", async () => {
  const delimiters = "\r\n--xy\r\n--x\r\n\r\n-";
  for (const content of ["hello", "", delimiters, "a".repeat(500) + "\r\n--xyy", "\r".repeat(9)]) {
    for (let size = 1; size < 80; size++) {
      assert.equal(await readAll(`${HEAD}${content}\r\n--xyz--\r\n`, size), content, `${size}`);
    }
  }
});

test("readOnlyFile() refuses a form that is cut, empty, not a file, or more than one", async () => {
  const broken = [
    "",
    "--xyz--\r\n",
    "hello",
    HEAD,
    `${HEAD}hello`,
    `${HEAD}hello\r\n--xyz`,
    `${HEAD}hello\r\n--xyz\r\nContent-Disposition: form-data; name="b"\r\n\r\nb\r\n--xyz--\r\n`,
    '--xyz\r\nContent-Disposition: form-data; name="file"\r\n\r\nhello\r\n--xyz--\r\n',
    "--xyz\r\nno header\r\n\r\nhello\r\n--xyz--\r\n",
    `--xyz\r\nX: ${"y".repeat(5_000)}\r\n\r\nhello\r\n--xyz--\r\n`,
  ];
  for (const text of broken) {
    for (const size of [1, 7, 10_000]) {
      await assert.rejects(readAll(text, size), { code: "invalid_request" }, text.slice(0, 60));
    }
  }
});

test("boundaryOf() reads bare and quoted boundaries of multipart/form-data only", () => {
  assert.equal(boundaryOf("multipart/form-data; boundary=xyz"), "xyz");
  assert.equal(boundaryOf('Multipart/Form-Data; charset=utf-8; boundary="x y;z"'), "x y;z");
  assert.throws(() => boundaryOf("multipart/form-data; charset=utf-8"), {
    code: "invalid_request",
  });
  assert.throws(() => boundaryOf("multipart/mixed; boundary=x"), { code: "unsupported_type" });
});
