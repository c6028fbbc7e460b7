import { BlockList, isIP } from "node:net";

/**
 * Networks that nobody on the Internet has: IANA's registries of special-purpose addresses
 * (https://www.iana.org/assignments/iana-ipv4-special-registry), with multicast and what is reserved.
 */
const NOT_PUBLIC_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
] as const;
/** Of what is global unicast (2000::/3); Teredo and 6to4 hold an IPv4 address that nobody has checked. */
const NOT_PUBLIC_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"] as const;

const notPublic = new BlockList();
const global = new BlockList();
const loopback = new BlockList();
for (
  const [list, networks, family] of [
    [notPublic, NOT_PUBLIC_V4, "ipv4"],
    [notPublic, NOT_PUBLIC_V6, "ipv6"],
    [global, ["2000::/3"], "ipv6"],
    [loopback, ["127.0.0.0/8"], "ipv4"],
    [loopback, ["::1/128"], "ipv6"],
  ] as const
) {
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    list.addSubnet(address, Number(bits), family);
  }
}

/** Whether an IP address is one of the public Internet. Every IPv6 form of an IPv4 address is not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic.check(address, "ipv4");
  return family === 6 && global.check(address, "ipv6") && !notPublic.check(address, "ipv6");
}

/** Whether an IP address is this machine's own. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 4 ? "ipv4" : "ipv6");
}
