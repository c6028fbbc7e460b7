import * as z from "zod";
import { CODEC_NAMES, type CodecName } from "./adapters/codec_names.ts";
import {
  readVars,
  SERVER_VARS,
  type ServerEnv,
  serverEnvOf,
  topic,
  type Variables,
  whole,
} from "./server_env.ts";

/** The processor's variables. */
export const PROCESSOR_VARS = z.object({
  ...SERVER_VARS,
  PORT: whole(0, 65_535).default(8080),
  RECORDS_TOPIC: topic.default("tintype-images"),
  SLOW_TOPICS: topic.default("tintype-slow"),
  MAX_INSTANCES: whole(1, 1_000).default(20),
  PUSH_SERVICE_ACCOUNT: z.email(),
  CODEC: z.enum(CODEC_NAMES).default("sharp"),
  PIPELINE: z.string().min(1).optional(),
  PIXEL_PROCESSES: whole(1, 30).default(4),
  K_REVISION: z.string().min(1).optional(),
});

/** The processor's configuration. */
export interface ProcessorEnv extends ServerEnv {
  readonly recordsTopic: string;
  /** What the names of the slow lanes' topics begin with. */
  readonly slowTopics: string;
  readonly maxInstances: number;
  readonly pushServiceAccount: string;
  readonly codec: CodecName;
  readonly pipeline: string | undefined;
  readonly pixelProcesses: number;
  readonly revision: string | undefined;
}

/** Reads the environment; throws `invalid_config` that names every variable that is wrong. */
export function readEnv(env: Variables): ProcessorEnv {
  const vars = readVars("processor", PROCESSOR_VARS, env);
  return {
    ...serverEnvOf(vars),
    recordsTopic: vars.RECORDS_TOPIC,
    slowTopics: vars.SLOW_TOPICS,
    maxInstances: vars.MAX_INSTANCES,
    pushServiceAccount: vars.PUSH_SERVICE_ACCOUNT,
    codec: vars.CODEC,
    pipeline: vars.PIPELINE,
    pixelProcesses: vars.PIXEL_PROCESSES,
    revision: vars.K_REVISION,
  };
}
