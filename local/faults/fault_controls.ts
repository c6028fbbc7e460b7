import type { Control } from "../http/controls.ts";
import type { FaultInjector } from "./faults.ts";

/** The controls of an emulator's faults. */
export function faultControls(faults: FaultInjector): readonly Control[] {
  const path = "/_local/faults";
  return [
    {
      method: "POST",
      path,
      body:
        "{match: {method?, path?: regex, header?: 'name' or 'name: regex'}, times, every?: n, " +
        "action: {status, body?} | {delayMs} | {cutAfterBytes} | {dropReply: true}}",
      does: "adds a fault",
      run: (fault) => ({ status: 201, body: faults.add(fault) }),
    },
    {
      method: "GET",
      path,
      does: "lists the faults that are still to happen",
      run: () => ({ body: { faults: faults.list() } }),
    },
    {
      method: "DELETE",
      path,
      does: "removes every fault",
      run() {
        faults.clear();
        return { status: 204 };
      },
    },
  ];
}
