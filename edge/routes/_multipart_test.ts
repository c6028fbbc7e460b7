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

test("readOnlyFile() takes every form that RFC 2046 and RFC 7578 allow", async () => {
  const part = 'Content-Disposition: form-data; name="file"; filename="a.png"';
  const forms = [
    `A preamble for readers without MIME.\r\n--xyz\r\n${part}\r\n\r\nhello\r\n--xyz--`,
    `\r\n\r\n--xyz\r\n${part}\r\n\r\nhello\r\n--xyz--\r\nAn epilogue\r\n--xyz\r\n`,
    `--xyz \t \r\n${part}\r\n\r\nhello\r\n--xyz-- \t\r\n`,
    `--xyz\r\nX-A: b\r\ncontent-disposition : form-data;\r\n name=f;\r\n\tFILENAME="a;\\"b"\r\n\r\nhello\r\n--xyz--`,
    `--xyz\r\nContent-Disposition: form-data; filename*=UTF-8''%61\r\n\r\nhello\r\n--xyz--`,
    `--xyz\r\n${part}\r\nContent-Transfer-Encoding: Binary\r\n\r\nhello\r\n--xyz--`,
  ];
  for (const form of forms) {
    for (const size of [1, 7, 10_000]) assert.equal(await readAll(form, size), "hello", form);
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
    `${HEAD.slice(0, -2)}no header\r\n\r\nhello\r\n--xyz--\r\n`,
    `${HEAD.slice(0, -2)}: no name\r\n\r\nhello\r\n--xyz--\r\n`,
    `--xyz\r\nX: ${"y".repeat(5_000)}\r\n\r\nhello\r\n--xyz--\r\n`,
    `${"y".repeat(5_000)}\r\n${HEAD}hello\r\n--xyz--\r\n`,
    `--xyz${" ".repeat(5_000)}${HEAD.slice(5)}hello\r\n--xyz--\r\n`,
    `--xyzz${HEAD.slice(5)}hello\r\n--xyz--\r\n`,
    `--xyz\r\n\r\nhello\r\n--xyz--\r\n`,
    '--xyz\r\nContent-Disposition: form-data; name="; filename=a"\r\n\r\nhello\r\n--xyz--\r\n',
    `${HEAD.slice(0, -2)}Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--xyz--\r\n`,
  ];
  for (const text of broken) {
    for (const size of [1, 7, 10_000]) {
      await assert.rejects(readAll(text, size), { code: "invalid_request" }, text.slice(0, 60));
    }
  }
});

test("boundaryOf() reads the parameter of multipart/form-data, and nothing that looks like it", () => {
  const boundaries = {
    "multipart/form-data; boundary=xyz": "xyz",
    'Multipart/Form-Data; charset=utf-8; boundary="x y:z"': "x y:z",
    'multipart/form-data; a="; boundary=no"; Boundary = no; BOUNDARY=yes': undefined,
    'multipart/form-data; a="; boundary=no"; BOUNDARY=yes; boundary=no': "yes",
    "multipart/form-data; charset=utf-8": undefined,
    "multipart/form-data; boundary=": undefined,
    'multipart/form-data; boundary="x "': undefined,
    'multipart/form-data; boundary="x;z"': undefined,
    [`multipart/form-data; boundary=${"x".repeat(71)}`]: undefined,
  };
  for (const [type, boundary] of Object.entries(boundaries)) {
    if (boundary !== undefined) assert.equal(boundaryOf(type), boundary);
    else assert.throws(() => boundaryOf(type), { code: "invalid_request" }, type);
  }
  assert.throws(() => boundaryOf("multipart/mixed; boundary=x"), { code: "unsupported_type" });
});
