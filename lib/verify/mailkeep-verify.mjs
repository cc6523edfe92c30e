// Checks a copy of a mailkeep archive, or the proof of one message, with nothing but Node 20 or newer and this one file.
//   node mailkeep-verify.mjs ARCHIVE [--head MAILBOX:SEQ:SHA256]...
//   node mailkeep-verify.mjs --proof PROOF.json --eml MESSAGE.eml [ARCHIVE] [--head MAILBOX:SEQ:SHA256]...
// Exit code 0: all is as it was stored. 1: something is not. 2: it could not be checked. Format: lib/pack/FORMAT.md.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync, inflateRawSync } from "node:zlib";

const longestBytes = 256 * 1024 * 1024;
const longestSkeleton = 8 * 1024 * 1024;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const digits = (seq) => String(seq).padStart(8, "0");
const say = (text = "") => console.log(text);

/** Something is other than it was stored. Everything else that is thrown says that it could not be checked. */
class Damage extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** The file's bytes; undefined only when there is none. */
function read(...path) {
  try {
    return readFileSync(join(...path));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Damaged bytes may lead any reader astray: whatever it stumbles over is damage, except a read that failed. */
function reading(code, what, run, caught) {
  try {
    return run();
  } catch (error) {
    if (error.syscall !== undefined || (caught === undefined && error instanceof Damage)) throw error;
    const damage = error instanceof Damage ? error : new Damage(code, `${what}: ${error.code ?? error.name}`);
    if (caught === undefined) throw damage;
    return caught(damage);
  }
}

// --- The Merkle tree of RFC 6962 section 2.1 ---

const leafHash = (hash) => createHash("sha256").update("\0").update(Buffer.from(hash, "hex")).digest();
const nodeHash = (left, right) => createHash("sha256").update("\u0001").update(left).update(right).digest();

function merkleRoot(hashes) {
  let level = hashes.map(leafHash);
  while (level.length > 1) {
    const above = [];
    for (let i = 0; i < level.length; i += 2)
      above.push(level[i + 1] === undefined ? level[i] : nodeHash(level[i], level[i + 1]));
    level = above;
  }
  return level[0]?.toString("hex");
}

/** The root that a path of RFC 6962 section 2.1.1 leads to: lists divide at the largest power of two below their length. */
function provenRoot(hash, { index, count, path }) {
  if (count === 1 && index === 0 && path.length === 0) return leafHash(hash);
  const at = 2 ** Math.floor(Math.log2(count - 1));
  const sibling = Buffer.from(path.at(-1), "hex");
  const below = path.slice(0, -1);
  if (index < at) return nodeHash(provenRoot(hash, { index, count: at, path: below }), sibling);
  return nodeHash(sibling, provenRoot(hash, { index: index - at, count: count - at, path: below }));
}

// --- Packs: zip entries by their place (PKWARE APPNOTE 4.3.7, 4.3.16) ---

function entryAt(pack, offset, name) {
  const dataAt = offset + 30 + pack.readUInt16LE(offset + 26);
  if (pack.readUInt32LE(offset) !== 0x04034b50 || pack.toString("utf8", offset + 30, dataAt) !== name)
    throw new Damage("message-damaged", `${name} is not where it should be`);
  const data = pack.subarray(dataAt, dataAt + pack.readUInt32LE(offset + 18));
  return pack.readUInt16LE(offset + 8) === 8 ? inflateRawSync(data, { maxOutputLength: longestBytes }) : data;
}

/** The pack's own list of messages: its last entry. */
function manifestOf(pack) {
  const end = pack.length - 22;
  let at = pack.readUInt32LE(end + 16);
  for (let n = pack.readUInt16LE(end + 10); n > 1; n--) at += 46 + pack.readUInt16LE(at + 28);
  const text = entryAt(pack, pack.readUInt32LE(at + 42), "manifest.jsonl").toString("utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

// --- Messages: skeleton and cuts put together again ---

function attachment(root, { sha256: hash, size }) {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new Damage("attachment-damaged", "a cut without a hash");
  const stored = read(root, "attachments", hash.slice(0, 2), hash);
  if (stored === undefined) throw new Damage("attachment-missing", `attachment ${hash} is not there`);
  const unzipped = () => gunzipSync(stored, { maxOutputLength: size });
  const content = sha256(stored) === hash ? stored : reading("attachment-damaged", `attachment ${hash}`, unzipped);
  if (content.length !== size || sha256(content) !== hash)
    throw new Damage("attachment-damaged", `attachment ${hash} has another content than its name says`);
  return content;
}

/** Base64 in lines, some at a time: three times a line's digits in bytes are four whole lines. */
function* encoded(content, { lineLength, eol }) {
  if (lineLength === 0) return yield content;
  const step = eol === "" ? 3 * 1024 * 1024 : 3 * lineLength * 256;
  for (let at = 0; at < content.length; at += step) {
    const text = content.toString("base64", at, at + step);
    if (eol === "") yield Buffer.from(text);
    else yield Buffer.from((at > 0 ? eol : "") + text.match(new RegExp(`.{1,${lineLength}}`, "g")).join(eol));
  }
}

/** 1 message checked. @throws Damage unless it comes back as the bytes that were stored */
function checkMessage(root, pack, { entry, cuts, size, sha256: expected }) {
  const wrong = (what) => new Damage("message-damaged", what);
  if (entry.length > longestSkeleton) throw wrong("its skeleton is too long");
  const skeleton = reading("message-damaged", entry.name, () => entryAt(pack, entry.offset, entry.name));
  const hash = createHash("sha256");
  let [length, taken] = [0, 0];
  const add = (bytes) => {
    hash.update(bytes);
    length += bytes.length;
  };
  for (const cut of cuts) {
    const literal = cut.offset - length;
    if (literal < 0 || taken + literal > skeleton.length) throw wrong("a cut does not fit");
    add(skeleton.subarray(taken, taken + literal));
    taken += literal;
    for (const piece of encoded(attachment(root, cut), cut)) add(piece);
    if (length !== cut.offset + cut.length) throw wrong("a cut has another length than the record says");
  }
  add(skeleton.subarray(taken));
  if (length !== size || hash.digest("hex") !== expected) throw wrong("comes back as other bytes than were stored");
  return 1;
}

// --- The ledger of a mailbox ---

function decodeRecord(bytes) {
  const record = JSON.parse(gunzipSync(bytes, { maxOutputLength: longestBytes }).toString("utf8"));
  if (record.format !== "mailkeep-ledger" || record.formatVersion !== 1 || !Array.isArray(record.stored))
    throw new Damage("record-unreadable", "is not a record of format version 1");
  return record;
}

function checkRecord(record, { seq, mailbox, previous }, report) {
  const { pack, stored } = record;
  if (record.seq !== seq || record.mailbox !== mailbox)
    report("record-misplaced", `is record ${record.seq} of mailbox ${record.mailbox}`);
  if (record.previous !== previous) report("chain-broken", `names ${record.previous} before it, which is ${previous}`);
  if ((pack === null) !== (stored.length === 0) || new Set(stored.map(({ key }) => key)).size !== stored.length)
    report("stored-list-wrong", "lists messages without a pack, none with one, or one twice");
  if (pack !== null && pack.name !== `${digits(seq)}-${pack.sha256.slice(0, 16)}.zip`)
    report("pack-name-wrong", "the pack's name is not its number and hash");
  if (pack !== null && pack.merkleRoot !== merkleRoot(stored.map((message) => message.sha256)))
    report("merkle-root-wrong", "the Merkle root is not that of its messages");
}

function checkPack(root, mailbox, { pack, stored }, report) {
  const name = /^[0-9]{8}-[0-9a-f]{16}\.zip$/.test(pack.name) ? pack.name : "";
  const bytes = name === "" ? undefined : read(root, "mailboxes", mailbox, "packs", name);
  if (bytes === undefined) return report("pack-missing", `${pack.name}: ${stored.length} messages are lost`);
  if (bytes.length !== pack.size || sha256(bytes) !== pack.sha256)
    report("pack-damaged", `${name} has other bytes than were stored`);
  const list = () => JSON.stringify(manifestOf(bytes));
  if (reading("", name, list, () => "unreadable") !== JSON.stringify(stored))
    report("manifest-differs", `${name} lists other messages than the record`);
  return bytes;
}

function checkMailbox(root, mailbox, allHeads) {
  const found = [];
  const counts = { records: 0, packs: 0, messages: 0 };
  const hashes = new Map();
  let [previous, last] = [null, 0];
  const ledger = join(root, "mailboxes", mailbox, "ledger");
  if (!existsSync(ledger)) found.push("ledger-rolled-back: there is no ledger");
  for (const file of existsSync(ledger) ? readdirSync(ledger).sort() : []) {
    const seq = Number(/^([0-9]{8})\.json\.gz$/.exec(file)?.[1]);
    const report = (code, detail, message) => {
      const where = `${seq > 0 ? ` record ${seq}` : ""}${message ? ` message ${message}` : ""}`;
      found.push(`${code}${where}: ${detail}`);
    };
    if (!(seq > 0)) report("ledger-stray", `${file} is not the name of a record`);
    if (!(seq > 0)) continue;
    if (seq !== last + 1) report("record-missing", `records ${last + 1} to ${seq - 1} are not there`);
    const bytes = readFileSync(join(ledger, file));
    counts.records++;
    const check = () => {
      const record = decodeRecord(bytes);
      checkRecord(record, { seq, mailbox, previous }, report);
      checkContent(root, mailbox, { record, report, counts });
    };
    reading("record-unreadable", file, check, ({ code, message }) => report(code, message));
    [previous, last] = [sha256(bytes), seq];
    hashes.set(seq, previous);
  }
  for (const head of allHeads.filter((one) => one.mailbox === mailbox))
    if (hashes.get(head.seq) !== head.sha256)
      found.push(`head-differs record ${head.seq}: is not the one with the hash ${head.sha256}`);
  return { found, counts, newest: { seq: last, sha256: previous } };
}

function checkContent(root, mailbox, { record, report, counts }) {
  const pack = record.pack === null ? undefined : checkPack(root, mailbox, record, report);
  if (pack === undefined) return;
  counts.packs++;
  for (const message of record.stored) {
    const check = () => checkMessage(root, pack, message);
    const damaged = ({ code, message: text }) => report(code, text, message.key);
    counts.messages += reading("message-damaged", "the record", check, damaged) ?? 0;
  }
}

function checkArchive(root, heads) {
  const all = readdirSync(join(root, "mailboxes")).filter((id) => /^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/.test(id));
  let damage = 0;
  for (const mailbox of [...new Set([...all, ...heads.map((head) => head.mailbox)])].sort()) {
    const { found, counts, newest } = checkMailbox(root, mailbox, heads);
    say(`mailbox ${mailbox}`);
    say(`  ${counts.records} records, ${counts.packs} packs, ${counts.messages} messages put together and hashed`);
    say(`  newest record ${newest.seq}: ${newest.sha256 ?? "none"}`);
    // What is quoted of damaged bytes could be anything.
    for (const finding of found) say(`  DAMAGED ${finding.replace(/[^ -~]/g, "?").slice(0, 300)}`);
    damage += found.length;
  }
  if (all.length + damage === 0) throw new Error("there is no mailbox in this folder");
  say();
  if (damage > 0) say(`NOT as it was stored: ${damage} findings, named above.`);
  else say(`${proved}\n${heads.length > 0 ? anchored : notProved}\n${author}`);
  return damage > 0 ? 1 : 0;
}

const proved = `All of it is as it was stored: every message comes back as the bytes whose hash its ledger holds, and each
ledger is one unbroken chain up to its newest record.`;
const anchored = "The records given with --head are in it: nothing up to them was changed since.";
const notProved = `Not proved: that no newest records are missing, or that the whole was not made anew. Compare the hashes of
the newest records with those you kept elsewhere: --head MAILBOX:SEQ:SHA256.`;
const author = "Not proved: who wrote a message. It is unchanged since it was stored, as Exchange rendered it then.";

// --- The proof of one message ---

const wrong = (what) => new Damage("proof", what);

function checkProof(proof, eml, { root, heads }) {
  const { mailbox, message, inclusion, chain } = proof;
  if (proof.format !== "mailkeep-proof" || proof.formatVersion !== 1) throw wrong("this is no proof of version 1");
  if (eml.length !== message.size || sha256(eml) !== message.sha256) throw wrong("the message is another one");
  if (provenRoot(message.sha256, inclusion).toString("hex") !== inclusion.root)
    throw wrong("the message is not under its root");
  if (chain.some(({ seq }, index) => seq !== chain[0].seq + index)) throw wrong("the chain of the proof has gaps");
  const own = heads.filter((head) => head.mailbox === mailbox);
  for (const head of own)
    if (!chain.some(({ seq, sha256: hash }) => seq === head.seq && hash === head.sha256))
      throw wrong(`the chain does not lead to record ${head.seq} with the hash you kept`);
  say("The message is the one of the proof, under the Merkle root of its record.");
  if (root === undefined)
    say("Not checked: that the records are what the proof says of them. Give the archive's copy.");
  else checkLinks(proof, root);
  if (root !== undefined && own.length > 0)
    say("It leads to the record you kept: unchanged since that one was written.");
  else say("Proved only with a hash of the chain that you know from elsewhere: --head MAILBOX:SEQ:SHA256.");
  say(author);
  return root === undefined ? 2 : 0;
}

function checkLinks({ mailbox, message, inclusion, chain }, root) {
  for (const [index, { seq, sha256: hash }] of chain.entries()) {
    const bytes = read(root, "mailboxes", mailbox, "ledger", `${digits(seq)}.json.gz`);
    if (bytes === undefined || sha256(bytes) !== hash) throw wrong(`record ${seq} is not the one of the proof`);
    const { previous, pack, stored } = decodeRecord(bytes);
    if (index > 0 && previous !== chain[index - 1].sha256) throw wrong(`record ${seq} follows another one`);
    const { key, sha256: told } = stored[inclusion.index] ?? {};
    const same = pack?.merkleRoot === inclusion.root && stored.length === inclusion.count;
    if (index === 0 && !(same && key === message.key && told === message.sha256))
      throw wrong(`record ${seq} does not hold the message`);
  }
  say(`Record ${chain[0].seq} holds it; ${chain.length - 1} more follow, each naming the one before it.`);
}

function main(given) {
  const { values, positionals } = parseArgs({
    args: given,
    allowPositionals: true,
    options: { head: { type: "string", multiple: true }, proof: { type: "string" }, eml: { type: "string" } },
  });
  const [root] = positionals;
  const heads = (values.head ?? []).map((text) => {
    const [, mailbox, seq, hash] = /^([0-9A-Za-z][0-9A-Za-z-]{0,63}):([0-9]{1,8}):([0-9a-f]{64})$/.exec(text) ?? [];
    if (hash === undefined) throw new Error("--head is MAILBOX:SEQ:SHA256");
    return { mailbox, seq: Number(seq), sha256: hash };
  });
  if (values.proof === undefined && root !== undefined) return checkArchive(root, heads);
  if (values.proof === undefined || values.eml === undefined) throw new Error("give a folder, or --proof and --eml");
  const [text, eml] = [readFileSync(values.proof, "utf8"), readFileSync(values.eml)];
  const check = () => checkProof(JSON.parse(text), eml, { root, heads });
  return reading("proof", "the proof", check, ({ message }) => say(`NOT proved: ${message}.`) ?? 1);
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(`It could not be checked: ${error.message}`);
  process.exitCode = 2;
}
