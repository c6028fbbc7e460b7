/**
 * Albums through the page in a real browser, against the whole local system: a thousand pictures of 200 kB, and a hundred
 * beside what the sender of `start --once` needs for the same hundred.
 */
import { findPictures } from "@tintype/cli/find_pictures";
import { drawSamples } from "@tintype/local/start/draw_samples";
import { sendThroughEdge } from "@tintype/local/start/send_pictures";
import { execFile } from "node:child_process";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findNodeBinary } from "../../tools/node_binary.ts";
import { startSystem } from "../road/system.ts";
import { type Aim, atMost, type Suite, table } from "../suite.ts";

/** What `tests/browser/album.ts` prints. */
interface AlbumFigures {
  readonly pictures: number;
  readonly seconds: number;
  readonly longestStillMs: number;
  readonly calls: number;
  readonly limited: number;
}

const LARGE = 1_000;
const SMALL = 100;
const BYTES = 200_000;

/** The albums. */
export const albumSuite: Suite = {
  name: "album",
  about:
    "1,000 and 100 pictures of 200 kB through the page in a real browser, beside start's sender",
  async run({ root, print }) {
    await using temp = await mkdtempDisposable(join(tmpdir(), "tintype-album-"));
    const node = findNodeBinary(root);
    const program = async (...args: readonly string[]) =>
      (await promisify(execFile)(node, ["tests/browser/album.ts", ...args], { cwd: root })).stdout;
    const folder = join(temp.path, "album");
    await program("paint", folder, String(LARGE), String(BYTES));
    const samples = join(temp.path, "samples");
    await drawSamples(samples);
    const firstPicture = (await findPictures([samples]))[0]?.path ?? "";
    const system = await startSystem(root, {
      ...{ scratch: temp.path, firstPicture },
      args: ["--doors", "edge"],
    });
    try {
      const send = async (count: number): Promise<AlbumFigures> =>
        JSON.parse(await program("send", folder, String(count)));
      const pictures = (await findPictures([folder])).slice(0, SMALL);
      const sendHundred = async () => {
        const startedMs = performance.now();
        const { signal } = new AbortController();
        await sendThroughEdge(pictures, { onDone: () => undefined, signal });
        return (performance.now() - startedMs) / 1_000;
      };
      // The better of two on each side: others use the machine, too.
      const commands = [await sendHundred()];
      const small = [await send(SMALL), await send(SMALL)];
      commands.push(await sendHundred());
      const large = await send(LARGE);
      const best = Math.min(...small.map(({ seconds }) => seconds));
      const command = Math.min(...commands);
      print(table(
        ["through", "pictures", "s", "longest still ms", "calls a picture", "429"],
        [
          ["start's sender", SMALL, command.toFixed(1), "", "", ""],
          ...[...small, large].map((each) => rowOf(each)),
        ],
      ));
      return aimsOf(large, { best, command, small });
    } finally {
      await system.stop();
    }
  },
};

function rowOf({ pictures, seconds, longestStillMs, calls, limited }: AlbumFigures) {
  const share = (calls / pictures).toFixed(2);
  return ["the page", pictures, seconds.toFixed(1), longestStillMs, share, limited];
}

function aimsOf(
  large: AlbumFigures,
  { best, command, small }: {
    readonly best: number;
    readonly command: number;
    readonly small: readonly AlbumFigures[];
  },
): Aim[] {
  const still = Math.min(...small.map(({ longestStillMs }) => longestStillMs));
  return [
    atMost(1.2, "calls_a_picture_of_1000", large.calls / large.pictures),
    atMost(0, "answers_429_of_1000", large.limited),
    atMost(1, "longest_still_s_of_1000", large.longestStillMs / 1_000),
    atMost(1, "longest_still_s_of_100", still / 1_000),
    atMost(1.2, "hundred_page_to_start", best / command),
  ];
}
