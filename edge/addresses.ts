import * as z from "zod";

/** A web address without a path; plain http only on this machine. */
export const endpoint = z.string().regex(
  /^(https:\/\/[^/?#@\s]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)$/,
  "must be https://host, or http:// on localhost",
);

/** A web address with a path; plain http only on this machine. */
export const address = z.string().regex(
  /^(https:\/\/[^/?#@\s]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)\/[^\s#]*$/,
  "must be an https address, or http on localhost",
);
