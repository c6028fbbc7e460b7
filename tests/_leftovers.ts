import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";

const TEMPORARY = /\.(part|partial|tmp|temp)$|~$/;

/**
 * What a system that has ended left in its data folder: files with a temporary name, and files of bytes that neither an
 * object nor an unfinished session names.
 */
export async function findLeftovers(dataDir: string): Promise<string[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const temporary = files.filter(({ name }) => TEMPORARY.test(name))
    .map(({ parentPath, name }) => relative(dataDir, join(parentPath, name)));
  const blobs = join(dataDir, "storage", "blobs");
  const named = namedBlobs(join(dataDir, "storage", "storage.sqlite"));
  const orphans = files.filter(({ parentPath, name }) =>
    parentPath.startsWith(blobs) && !named.has(name)
  );
  return [...temporary, ...orphans.map(({ name }) => `bytes without an object: ${name}`)];
}

function namedBlobs(database: string): Set<string> {
  const db = new DatabaseSync(database, { readOnly: true });
  try {
    const rows = db.prepare(
      `SELECT json_extract(document, '$.blob') AS blob FROM objects
       UNION SELECT blob FROM sessions WHERE state = 'open'`,
    ).all();
    return new Set(rows.map(({ blob }) => String(blob)));
  } finally {
    db.close();
  }
}
