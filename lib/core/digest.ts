// SHA-256, as lower-case hex: the only hash the archive uses.
import { hash } from "node:crypto";
import { z } from "zod";

/** 64 lower-case hex digits. */
export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<"Sha256">();
export type Sha256 = z.infer<typeof Sha256>;

export function sha256(bytes: Uint8Array): Sha256 {
  return hash("sha256", bytes, "hex") as Sha256;
}
