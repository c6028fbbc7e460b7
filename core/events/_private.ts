import type * as z from "zod";
import { AppError } from "../errors.ts";

/** `invalid_request` that names each field of `subject` which is not of its form. */
export function refusalOf(subject: string, error: z.ZodError): AppError {
  const errors = error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const list = errors.map(({ path, message }) => `${path || "(document)"}: ${message}`).join("; ");
  return new AppError("invalid_request", `Cannot read ${subject}: ${list}`, { errors });
}
