/** How digests are written wherever they are declared or stored. */

/** SHA-256 in lower-case hex. */
export const SHA256 = /^[0-9a-f]{64}$/;

/** CRC32C in big-endian base64, as Cloud Storage writes it. */
export const CRC32C = /^[A-Za-z0-9+/]{5}[AQgw]==$/;
