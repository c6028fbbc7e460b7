import type { Admin, Kafka } from "kafkajs";
import type { CommittedMetadata } from "../ports.ts";

/** What a group committed of the topics that it reads now. A connection that failed is made anew at the next call. */
export function kafkajsCommitted(
  kafka: Kafka,
  groupId: string,
): CommittedMetadata & { topics: readonly string[]; close(): Promise<void> } {
  let connecting: Promise<Admin> | undefined;
  const close = async () => {
    const admin = await connecting?.catch(() => undefined);
    connecting = undefined;
    await admin?.disconnect().catch(() => undefined);
  };
  const committed = {
    topics: [] as readonly string[], // widened, as it begins empty
    close,
    async read() {
      try {
        const admin = await (connecting ??= connected(kafka));
        const offsets = await admin.fetchOffsets({ groupId, topics: [...committed.topics] });
        return new Map(
          offsets.flatMap(({ topic, partitions }) =>
            partitions.map(({ partition, metadata }) =>
              [`${topic}/${partition}`, metadata ?? ""] as const
            )
          ),
        );
      } catch (error) {
        await close();
        throw error;
      }
    },
  };
  return committed;
}

async function connected(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin();
  await admin.connect();
  return admin;
}
