import { randomUUID } from "node:crypto";
import { open, rename } from "node:fs/promises";

/** Writes a file of mode 600 so that whoever reads it, even after a crash, finds the old text or the new one. */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
