// What a ledger says of packs that were joined: which ones, the pack that took their place, and where each message is now.
import { z } from "zod";
import { Sha256 } from "../core/digest.js";
import { MessageRecord } from "../pack/manifest.js";

export const PackFacts = z.object({
  name: z.string(),
  sha256: Sha256,
  size: z.number().int().positive(),
  /** RFC 6962 section 2.1 Merkle tree head over the 32-byte sha256 of each message, in the order of their list. */
  merkleRoot: Sha256,
});
export type PackFacts = z.infer<typeof PackFacts>;

/** A pack that is not needed any more; `seq` is the record that named it. */
export const ReplacedPack = z.object({ name: z.string(), sha256: Sha256, seq: z.number().int().positive() });
export type ReplacedPack = z.infer<typeof ReplacedPack>;

/**
 * From this record on the messages of the replaced packs are read from `pack`. Their records stay as they are and still
 * vouch for them. Such a record stores no message and has no other event.
 */
export const Repacked = z.object({
  kind: z.literal("repacked"),
  /** Ascending. */
  replaced: z.array(ReplacedPack).min(1),
  pack: PackFacts,
  /** All messages of the replaced packs in their order, each as its record tells it but for `entry`: its new place. */
  messages: z.array(MessageRecord).min(1),
});
export type Repacked = z.infer<typeof Repacked>;
