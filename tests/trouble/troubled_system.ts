import { startWebhookReceiver, type WebhookReceiver } from "@tintype/local/start/webhook_receiver";
import { BUCKETS, namesWith, putObject, TENANT } from "../_cloud.ts";
import { noisePng } from "../_pictures.ts";
import { startSystem, type System } from "../_system.ts";

/** A source through which pictures go in. */
export type Source = "edge" | "kafka";

/** How to start a system that will have trouble. */
export interface TroubledSystemOptions {
  readonly sources: readonly Source[];
  /** How long images are kept, such as `2h`; seven days where it is not given. */
  readonly retention?: string | undefined;
}

/** A running system, and what is known of it. */
export interface TroubledSystem extends System {
  readonly sources: readonly Source[];
  /** Names of raw objects that somebody answers for; whatever else turns up is there twice. */
  readonly known: Set<string>;
  /** Receives the webhooks of every source's tenant. */
  readonly receiver: WebhookReceiver;
  /** Rejects when the command ends before it was asked to. */
  readonly over: Promise<never>;
}

/** Starts the project's own command with a fresh data folder and waits until it has sent one picture through each source. */
export async function startTroubledSystem(
  { sources, retention }: TroubledSystemOptions,
): Promise<TroubledSystem> {
  const kept = retention === undefined ? [] : ["--retention", retention];
  const receiver = await startWebhookReceiver();
  const flags = ["--verbose", "--doors", sources.join(","), "--webhook", receiver.url, ...kept];
  const pictures = { "first.png": noisePng(64, 48) };
  const system = await startSystem(flags, { pictures }).catch((error) => {
    receiver.close();
    throw error;
  });
  const webhooks = [{ id: "trouble", url: receiver.url }];
  await putObject(BUCKETS.config, `tenants/${TENANT}.json`, JSON.stringify({ webhooks }));
  const over = system.ended.then(() => {
    throw new Error(`The system has ended: ${system.lines.slice(-3).join(" | ")}`);
  });
  over.catch(() => undefined); // also when it is asked to
  const stop = async () => {
    const leftovers = await system.stop();
    receiver.close();
    return leftovers;
  };
  return { ...system, sources, receiver, over, stop, known: new Set(await namesWith(BUCKETS.raw)) };
}
