import * as z from "zod";
import type { Control } from "../http/controls.ts";
import type { Broker } from "./broker.ts";
import { type PushSettings, pushSettingsSchema } from "./push_settings.ts";

const changeSchema = pushSettingsSchema.partial().extend({ topic: z.string().optional() });

/** The topics that faults are for: where an id is found, and which one is meant where none is named. */
interface FaultScope {
  /** `projects/{project}`. */
  readonly project: string;
  /** The id of the topic of Cloud Storage's events; its dead letters have the same name with `-dead`. */
  readonly events: string;
}

/** The controls of deliveries. */
export function pushControls(broker: Broker, { project, events }: FaultScope): readonly Control[] {
  const nameOf = (topic: string) => `${project}/topics/${topic}`;
  const status = (topic = events) => statusOf(broker, nameOf(topic));
  return [
    {
      method: "GET",
      path: "/_local/push",
      does:
        "counts the events of Cloud Storage by state, shows their settings and every subscription",
      run: () => ({ body: status() }),
    },
    {
      method: "POST",
      path: "/_local/push",
      body: "{topic?: id, duplicate?: n, hold?: boolean, shuffle?: boolean, drop?: n, " +
        "maxAttempts?: n | null}",
      does:
        "of a topic (default: the events of Cloud Storage): delivers each message n more times, " +
        "holds pushes and rows back, delivers out of order, loses the next n messages, makes one a dead " +
        "letter after n refusals (null: after the subscription's number); what is not named stays",
      run(body) {
        const { topic, ...change } = changeSchema.parse(body);
        if (topic !== undefined && !broker.topics.has(nameOf(topic))) {
          return { status: 404, body: { error: { code: 404, message: `No topic ${topic}` } } };
        }
        broker.configure(nameOf(topic ?? events), change as Partial<PushSettings>); // parsed JSON holds no undefined
        return { body: status(topic) };
      },
    },
    {
      method: "POST",
      path: "/_local/push/redrive",
      does: "sends every dead letter again as a fresh message: {redriven: n}",
      run: () => ({ body: { redriven: broker.redrive() } }),
    },
  ];
}

/** Sums over a topic's subscriptions and those of its dead letters, and every subscription by itself. */
function statusOf(broker: Broker, topic: string) {
  const own = broker.subscriptionsOf(topic).map((each) => broker.status(each));
  const letters = broker.subscriptionsOf(`${topic}-dead`).map((each) => broker.status(each));
  const all = [...own, ...letters];
  type Count = "queued" | "delivering" | "delivered" | "deadLettered" | "dead" | "expired" | "held";
  const sum = (of: typeof own, count: Count) => of.reduce((total, each) => total + each[count], 0);
  const ages = all.flatMap(({ oldestQueuedMs }) => oldestQueuedMs ?? []);
  const named = broker.subscriptions.all().map((each) => [each.name, broker.status(each)]);
  return {
    queued: sum(all, "queued"),
    delivering: sum(all, "delivering"),
    delivered: sum(own, "delivered"),
    deadLettered: sum(own, "deadLettered"),
    deadDelivered: sum(letters, "delivered"),
    dead: sum(own, "dead"),
    expired: sum(all, "expired"),
    held: sum(all, "held"),
    ...broker.topicStatus(topic),
    oldestQueuedMs: ages.length === 0 ? null : Math.max(...ages),
    subscriptions: Object.fromEntries(named),
  };
}
