/** A broker's address: host:port. */
export const BROKER = /^[^\s:]+:\d{1,5}$/;

/** The parts of a list that commas divide, without those that are empty. */
export function partsOf(list: string): string[] {
  return list.split(",").map((part) => part.trim()).filter((part) => part !== "");
}
