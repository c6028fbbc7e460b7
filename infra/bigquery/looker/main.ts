/**
 * `deno task looker`: prints the address of a report. `read_arguments` reads the command line, `report` holds the
 * template field by field, `linking_address` writes the address.
 */
import { linkingAddress } from "./linking_address.ts";
import { HELP, readArguments } from "./read_arguments.ts";

try {
  const options = readArguments(process.argv.slice(2));
  console.log(options === "help" ? HELP : linkingAddress(options));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}: see --help`);
  process.exitCode = 2;
}
