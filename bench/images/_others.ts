/** Other programs' view of pictures, to compare ours with: Chromium's and Pillow's, where they are on this machine. */
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RawPixels } from "@tintype/core/ports/image_codec";

/** A picture and the size to show it in, in pixels. */
export interface ShownPicture {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

/** What a program shows of pictures, in their order; null where it does not. */
export type Shown = readonly (RawPixels | null)[];

const CHROMIUM = "/usr/bin/chromium";
/** Without any news for so long, the program is ended. */
const SILENCE_MS = 60_000;

const PAGE = `<script type="module">
const canvas = document.createElement("canvas");
const context = canvas.getContext("2d", { willReadFrequently: true });
context.imageSmoothingQuality = "high";
for (const { index, width, height } of await (await fetch("/list")).json()) {
  let body = "";
  try {
    const image = new Image();
    image.src = "/file/" + index;
    await image.decode();
    Object.assign(canvas, { width, height });
    context.imageSmoothingQuality = "high";
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
    context.drawImage(image, 0, 0, width, height);
    body = context.getImageData(0, 0, width, height).data;
  } catch {}
  await fetch("/pixels/" + index, { method: "POST", body });
}
await fetch("/pixels/done", { method: "POST" });
</script>`;

/** Shows pictures in headless Chromium; null where it is not installed. */
export async function shownByChromium(pictures: readonly ShownPicture[]): Promise<Shown | null> {
  if (!await Deno.stat(CHROMIUM).catch(() => null)) return null;
  const shown: (RawPixels | null)[] = pictures.map(() => null);
  const done = Promise.withResolvers<void>();
  let timer = setTimeout(done.resolve, SILENCE_MS);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    clearTimeout(timer);
    timer = setTimeout(done.resolve, SILENCE_MS);
    const [, what, name] = new URL(request.url).pathname.split("/");
    if (what === "list") {
      return Response.json(pictures.map(({ width, height }, index) => ({ index, width, height })));
    }
    const picture = pictures[Number(name)];
    if (what === "file" && picture !== undefined) {
      return new Response(await Deno.readFile(picture.path));
    }
    if (what !== "pixels") return new Response(PAGE, { headers: { "content-type": "text/html" } });
    if (picture === undefined) done.resolve();
    else shown[Number(name)] = pixelsOf(await request.bytes(), picture, 4);
    return new Response(null, { status: 204 });
  });
  await using profile = await mkdtempDisposable(join(tmpdir(), "tintype-chromium-"));
  const flags = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    `--user-data-dir=${profile.path}`,
  ];
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const chromium = new Deno.Command(CHROMIUM, {
    args: [...flags, url],
    stdout: "null",
    stderr: "null",
  })
    .spawn();
  await Promise.race([done.promise, chromium.status]);
  clearTimeout(timer);
  try {
    chromium.kill();
  } catch {
    // It has ended.
  }
  await Promise.all([chromium.status, server.shutdown()]);
  return shown;
}

/** Shows pictures by Pillow; null where `python` (a path or name) has none. */
export async function shownByPillow(
  pictures: readonly ShownPicture[],
  python: string,
): Promise<Shown | null> {
  const script = new URL("pillow.py", import.meta.url).pathname;
  const command = new Deno.Command(python, {
    args: [script],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  });
  try {
    const process = command.spawn();
    const lines = pictures.map(({ path, width, height }) => JSON.stringify([path, width, height]));
    const input = new Blob([lines.join("\n")]).stream().pipeTo(process.stdin).catch(() => {});
    const [{ stdout, success }] = await Promise.all([process.output(), input]);
    if (!success) return null;
    let at = 0;
    return pictures.map((picture) => {
      const length = new DataView(stdout.buffer, stdout.byteOffset + at, 4).getUint32(0);
      const pixels = stdout.slice(at + 4, at + 4 + length);
      at += 4 + length;
      return pixelsOf(pixels, picture, 3);
    });
  } catch {
    return null;
  }
}

function pixelsOf(
  data: Uint8Array<ArrayBuffer>,
  { width, height }: ShownPicture,
  channels: 3 | 4,
): RawPixels | null {
  return data.length === width * height * channels ? { data, width, height, channels } : null;
}
