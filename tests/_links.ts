/** Who holds every salt that is left and every live key: whom and which file does a text show to them? */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { contentKeyOf, deriveOwner, parsePseudonymKeys } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { readDays, TENANT } from "./_cloud.ts";

/** Whom to look for. */
interface Person {
  /** Where the running system keeps its keys. */
  readonly dataDir: string;
  readonly subject: string;
  /** SHA-256 of the person's file, hexadecimal. */
  readonly file: string;
}

/** The subject and the file, as often as something in the text is derived from them. */
export async function linksIn(
  text: string,
  { dataDir, subject, file }: Person,
): Promise<string[]> {
  const secrets = JSON.parse(await readFile(join(dataDir, "identities.json"), "utf8"));
  const keys = await parsePseudonymKeys(JSON.stringify(secrets.pseudonymKeys));
  const base64 = Buffer.from(file, "hex").toString("base64");
  const words = [[subject, subject], [file, file], [file, base64]];
  for (const day of await readDays()) {
    words.push([subject, await deriveOwner(keys, day, { tenant: parseTenant(TENANT), subject })]);
    words.push([file, await contentKeyOf(day, file)]);
  }
  return words.filter(([, word = ""]) => text.includes(word)).map(([whose = ""]) => whose);
}
