/** Which settings a topic may have: the retention contract's, or what its tenant accepts. */
import { hoursText } from "@tintype/core/duration";
import {
  isCompacted,
  type TopicSettings,
  type TopicVerdict,
} from "@tintype/core/model/kafka_observation";
import type { TopicPlan } from "@tintype/core/model/tenant_plan";
import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";

const { kafka: BOUNDS } = RETENTION_BOUNDS;

/** What the bridge does with topics: how long they may keep a record, and whether the broker's clock must date it. */
const ROLES = {
  source: { verb: "read", retentionMs: BOUNDS.sourceMs, isDated: true },
  redrive: { verb: "read", retentionMs: BOUNDS.redriveMs, isDated: true },
  deadLetters: { verb: "write", retentionMs: BOUNDS.deadLettersMs, isDated: false },
  results: { verb: "write", retentionMs: BOUNDS.deadLettersMs, isDated: false },
} as const;

/** What the bridge does with a topic. */
export type TopicRole = keyof typeof ROLES;

/** A topic as it is. */
export interface SeenTopic {
  readonly topic: string;
  readonly role: TopicRole;
  /** Null where the bridge may not read them. */
  readonly settings: TopicSettings | null;
}

/** What a topic's settings mean, and of refused ones what to do, in a sentence. */
export interface TopicJudgement extends SeenTopic {
  readonly verdict: TopicVerdict;
  readonly advice: string | undefined;
}

interface Deviation {
  readonly what: string;
  readonly isAccepted: boolean;
  /** The line of the topic's configuration that accepts it. */
  readonly line: string;
  /** What the setting must be. */
  readonly fix: string;
}

type Accepted = NonNullable<TopicPlan["accept"]>;

const HOUR_MS = 3_600_000;

/** Judges a topic by what its configuration accepts; `brokers` are those of the command to paste. */
export function judgeTopic(
  seen: SeenTopic,
  accept: Accepted,
  brokers: readonly string[],
): TopicJudgement {
  if (seen.settings === null) return { ...seen, verdict: "unknown", advice: undefined };
  const deviations = deviationsOf(seen.settings, seen.role, accept);
  const refused = deviations.filter(({ isAccepted }) => !isAccepted);
  if (refused.length > 0) {
    return { ...seen, verdict: "refused", advice: adviceOn(seen, refused, brokers) };
  }
  return { ...seen, verdict: deviations.length > 0 ? "accepted" : "within", advice: undefined };
}

function deviationsOf(settings: TopicSettings, role: TopicRole, accept: Accepted): Deviation[] {
  const { retentionMs, segmentMs, cleanupPolicy, timestampType } = settings;
  const { retentionMs: limitMs, isDated } = ROLES[role];
  const deviations: Deviation[] = [];
  if (cleanupPolicy !== "delete") {
    deviations.push({
      what: `cleanup.policy must be delete (got ${cleanupPolicy})`,
      isAccepted: isCompacted(settings) && accept.compaction === true,
      line: `"compaction": true`,
      fix: "cleanup.policy=delete",
    });
  }
  // A topic that only compacts has no retention.
  const durations = cleanupPolicy === "compact" ? [] : [
    { name: "retention.ms", ms: retentionMs < 0 ? Infinity : retentionMs, limitMs },
    { name: "segment.ms", ms: segmentMs, limitMs: BOUNDS.segmentMs },
  ].filter(({ ms, limitMs }) => ms > limitMs);
  const longestMs = Math.max(...durations.map(({ ms }) => ms));
  const hours = longestMs === Infinity ? `"unlimited"` : Math.ceil(longestMs / HOUR_MS);
  for (const { name, ms, limitMs } of durations) {
    deviations.push({
      what: `${name} must be at most ${limitMs} (got ${
        ms === Infinity ? "-1, without an end" : `${ms}, ${hoursText(ms)}`
      })`,
      isAccepted: ms <= acceptedMsOf(accept),
      line: `"retentionHours": ${hours}`,
      fix: `${name}=${limitMs}`,
    });
  }
  if (isDated && timestampType !== "LogAppendTime") {
    deviations.push({
      what: `message.timestamp.type must be LogAppendTime (got ${timestampType})`,
      isAccepted: accept.createTime === true,
      line: `"createTime": true`,
      fix: "message.timestamp.type=LogAppendTime",
    });
  }
  return deviations;
}

function acceptedMsOf({ retentionHours = 0 }: Accepted): number {
  return retentionHours === "unlimited" ? Infinity : retentionHours * HOUR_MS;
}

function adviceOn(
  { topic, role }: SeenTopic,
  refused: readonly Deviation[],
  brokers: readonly string[],
): string {
  const fixes = refused.map(({ fix }) => fix).join(",");
  const lines = [...new Set(refused.map(({ line }) => line))].join(", ");
  return `Cannot ${ROLES[role].verb} topic ${topic} as its ${
    refused.map(({ what }) => what).join("; its ")
  }. ` +
    `Run kafka-configs.sh --bootstrap-server ${brokers.join(",")} --alter --entity-type topics ` +
    `--entity-name ${topic} --add-config ${fixes} or accept it in the tenant's object: ` +
    `"kafkaTopics": {"${topic}": {"accept": {${lines}}}}`;
}
