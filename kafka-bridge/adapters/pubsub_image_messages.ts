import type { PubSubAccess } from "@tintype/pubsub/pubsub_call";
import { acknowledge, modifyAckDeadline, pull, type PulledMessage } from "@tintype/pubsub/pull";
import type { ImageMessages } from "../ports.ts";
import { googleToken } from "./_google_auth.ts";

/** At once would let those of one topic that cannot be written stand before all others'. */
const RELEASED_S = 10;

/** Where the records' subscription is. */
interface PubSubImageMessagesOptions {
  readonly projectId: string;
  readonly subscription: string;
  /** An emulator's address, asked without credentials; Pub/Sub itself where none is given. */
  readonly endpoint: string | undefined;
}

/** The records of a subscription of Pub/Sub; a pull waits for the first one as long as Pub/Sub does. */
export function pubsubImageMessages(options: PubSubImageMessagesOptions): ImageMessages {
  const { projectId, subscription, endpoint } = options;
  const access: PubSubAccess = endpoint === undefined ? { token: googleToken } : { endpoint };
  const name = `projects/${projectId}/subscriptions/${subscription}`;
  const idsOf = (messages: readonly PulledMessage[]) => messages.map(({ ackId }) => ackId);
  return {
    pull: (maxMessages, signal) => pull(access, name, { maxMessages, signal }),
    acknowledge: (messages) => acknowledge(access, name, idsOf(messages)),
    release: (messages) =>
      modifyAckDeadline(access, name, { ackIds: idsOf(messages), seconds: RELEASED_S }),
  };
}
