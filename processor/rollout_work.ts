import { readRawName } from "@tintype/core/model/object_name";
import { SYNTHETIC_TENANT } from "@tintype/core/model/tenant";
import type { ProcessImagePorts } from "@tintype/core/processing/process_ports";
import { replayImage } from "@tintype/core/processing/replay_image";
import type { DeliveryWork } from "./push.ts";

/**
 * What a new revision does before it gets traffic: it processes synthetic images again, which the one before it has
 * processed, rejections included. Other tenants' images are ignored.
 */
export function rolloutWork(ports: ProcessImagePorts): DeliveryWork {
  return {
    slots: "tenant",
    run: async ({ objectName }, options) => {
      const ref = readRawName(objectName);
      if (ref?.tenant !== SYNTHETIC_TENANT) return { outcome: "ignored" };
      const replayed = await replayImage(ports, ref, { ...options, mayReject: true });
      if (replayed.outcome === "erased") return replayed;
      return "manifest" in replayed
        ? { outcome: "done", ref, manifest: replayed.manifest }
        : { outcome: "gone", ref };
    },
  };
}
