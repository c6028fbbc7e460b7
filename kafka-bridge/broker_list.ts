/** A broker's address: host:port. */
export const BROKER = /^[^\s:]+:\d{1,5}$/;

/** The brokers of a command's `--brokers`. Throws TypeError where one is no address, or there is none. */
export function brokersOf(list: string): string[] {
  const brokers = partsOf(list);
  if (brokers.length > 0 && brokers.every((broker) => BROKER.test(broker))) return brokers;
  throw new TypeError(
    `Cannot connect as --brokers (else KAFKA_BROKERS) must be host:port,...: current value is "${list}"`,
  );
}

/** The parts of a list that commas divide, without those that are empty. */
export function partsOf(list: string): string[] {
  return list.split(",").map((part) => part.trim()).filter((part) => part !== "");
}
