/**
 * `deno task looker`: prints the address of a report. `looker_command` reads the command line, `report` holds the
 * template field by field, `linking_address` writes the address.
 */
import { runMain } from "@tintype/cli/run_main";
import { linkingAddress } from "./linking_address.ts";
import { LOOKER } from "./looker_command.ts";

await runMain(LOOKER, (call) => console.log(linkingAddress(call)));
