import { gzipSync } from "node:zlib";
import { Storage } from "@google-cloud/storage";
import { clientOf } from "../bigquery/_testing.ts";

/** Where the emulators listen, and a service account that may sign. */
export interface Where {
  readonly storage: string;
  readonly bigquery: string;
  readonly pubsub: string;
  readonly key: Readonly<Record<"client_email" | "private_key" | "token_uri" | "type", string>>;
}

/** The calls of the table by Google's clients for Node, in the order in which they are made. */
export function nodeCalls(where: Where): Readonly<Record<string, () => Promise<unknown>>> {
  const options = { apiEndpoint: where.storage, projectId: "tintype-local" };
  const storage = new Storage(options);
  const bucket = storage.bucket("tintype-raw");
  const first = bucket.file("a/1");
  const bigquery = clientOf(where.bigquery);
  const names = async (query: object) =>
    (await bucket.getFiles(query))[0].map(({ name }) => name).join(" ");
  return {
    async "upload with metadata"() {
      await first.save("hello", {
        resumable: false,
        contentType: "image/png",
        validation: "crc32c",
        metadata: { metadata: { k: "v" } },
        preconditionOpts: { ifGenerationMatch: 0 },
      });
      const [{ size, contentType, metadata }] = await first.getMetadata();
      return `${size} ${contentType} ${metadata?.["k"]}`;
    },
    "upload over it, if absent": () =>
      first.save("x", { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } }),
    async "upload in pieces"() {
      const file = bucket.file("pieces");
      await file.save(Buffer.alloc(700_000, "z"), { resumable: true, chunkSize: 256 * 1024 });
      return (await file.download())[0].length;
    },
    download: async () => String((await first.download())[0]),
    "download a range": async () => String((await first.download({ start: 1, end: 2 }))[0]),
    "download a missing one": () => bucket.file("none").download(),
    list: () => names({}),
    async "list folders"() {
      const query = { delimiter: "/", autoPaginate: false };
      const [files, , response] = await bucket.getFiles(query);
      return [...files.map(({ name }) => name), ...Object(response)["prefixes"]].join(" ");
    },
    async "list pages"() {
      const [page, next] = await bucket.getFiles({ maxResults: 1, autoPaginate: false });
      const [more] = await bucket.getFiles(Object(next));
      return [...page, ...more].map(({ name }) => name).join(" ");
    },
    "list names alone": () => names({ fields: "items(name),nextPageToken" }),
    "list versions": () => names({ versions: true }),
    "list by glob": () => names({ matchGlob: "a/*" }),
    async "change metadata"() {
      const [{ metageneration }] = await first.setMetadata({ metadata: { k: "w" } });
      return metageneration;
    },
    async "read gzip unpacked"() {
      const file = bucket.file("packed");
      const metadata = { contentEncoding: "gzip" };
      await file.save(gzipSync("plain"), { resumable: false, metadata });
      const headers = { "accept-encoding": "identity" };
      const address = `${where.storage}/storage/v1/b/tintype-raw/o/packed?alt=media`;
      const response = await fetch(address, { headers });
      return `${await response.text()} ${(await file.download())[0]}`;
    },
    async "read by a signed URL"() {
      const file = new Storage({ ...options, credentials: where.key }).bucket("tintype-raw")
        .file("a/1");
      const expires = Date.now() + 300_000;
      const [url] = await file.getSignedUrl({ version: "v4", action: "read", expires });
      return await (await fetch(url)).text();
    },
    async "list in the order of UTF-8 bytes"() {
      const odd = ["o/\u{1f600}", "o/\u{ffee}", "o/z"];
      for (const name of odd) await bucket.file(name).save("x", { resumable: false });
      return await names({ startOffset: "o/\u{ffee}", endOffset: "p" });
    },
    async "go on over lost connections"() {
      for (const action of [{ status: 503 }, { cutAfterBytes: 700_000 }]) {
        const fault = { match: { method: "PUT", path: "upload_id" }, times: 1, action };
        const body = JSON.stringify(fault);
        await fetch(`${where.storage}/_local/faults`, { method: "POST", body });
      }
      // An upload that may not be repeated ends all retries of its Storage.
      const retryOptions = { retryDelayMultiplier: 1, maxRetryDelay: 1 };
      const file = new Storage({ ...options, retryOptions }).bucket(bucket.name).file("faulty");
      const preconditionOpts = { ifGenerationMatch: 0 };
      await file.save(Buffer.alloc(2_000_000, "z"), { resumable: true, preconditionOpts });
      return (await file.download())[0].length;
    },
    "read a generation that is gone": () => bucket.file("a/1", { generation: 1 }).download(),
    "set custom time back": async () => {
      const file = bucket.file("timed");
      await file.save("", { metadata: { customTime: "2026-01-02T00:00:00Z" } });
      await file.setMetadata({ customTime: "2026-01-01T00:00:00Z" });
    },
    "remove under a condition": () => first.delete({ ifGenerationMatch: 5 }),
    "make a bucket that is there": () => storage.createBucket("tintype-raw"),
    "remove a bucket with objects": () => bucket.delete(),
    async remove() {
      await bucket.file("packed").delete();
      return (await bucket.file("packed").exists())[0];
    },
    async "make and remove a bucket"() {
      const [made] = await storage.createBucket("node-bucket");
      await made.delete();
      return (await storage.getBuckets())[0].length;
    },
    copy: () => first.copy(bucket.file("copied")),
    "change a bucket's versioning": () => bucket.setMetadata({ versioning: { enabled: true } }),
    async "query with parameters"() {
      const query = "SELECT @a AS a, TIMESTAMP '2026-01-01 00:00:00.123+00' AS t";
      const [[row]] = await bigquery.query({ query, params: { a: 3 } });
      return `${row.a} ${row.t.value.replace("Z", "000+00:00")}`;
    },
    async "query in a default dataset"() {
      const defaultDataset = { datasetId: "tintype", projectId: "tintype-local" };
      const query = "SELECT COUNT(*) AS n FROM images";
      const [[row]] = await bigquery.query({ query, defaultDataset });
      return row.n;
    },
    async "make a table and list its rows"() {
      const [dataset] = await bigquery.createDataset("node");
      const [table] = await dataset.createTable("notes", { schema: "a:STRING,t:TIMESTAMP" });
      await bigquery.query(
        "INSERT INTO node.notes (a, t) VALUES ('x', TIMESTAMP '2026-01-01 00:00:00+00')",
      );
      const [[row]] = await table.getRows();
      const [[part]] = await table.getRows({ selectedFields: "a" });
      await table.delete();
      const keys = Object.keys(part).map((key) => `'${key}'`);
      return `${row.a} ${row.t.value.replace(".000Z", "+00:00")} [${keys}]`;
    },
    insertAll: () => bigquery.dataset("tintype").table("images").insert([{ image_id: "a" }]),
  };
}
