// Checks a copy of a mailkeep archive, an unpacked BagIt export, or the proof of one message, with nothing but Node 20 or
// newer and this one file.
//   node mailkeep-verify.mjs FOLDER [--key KEY.json | --key-found] [--head MAILBOX:SEQ:SHA256]...
//   node mailkeep-verify.mjs --proof PROOF.json --eml MESSAGE.eml [ARCHIVE] [--key …] [--head …]...
// --key: the public key that signs the daily heads (JWK or PEM), from whoever you believe. --key-found: believe the key that
// lies beside the heads; then whoever could write there could have put it there.
// Exit code 0: all is as it was stored. 1: something is not. 2: it could not be checked. Format: lib/pack/FORMAT.md.
import { createHash, createPublicKey, verify } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync, inflateRawSync } from "node:zlib";

const longestBytes = 256 * 1024 * 1024;
const longestSkeleton = 8 * 1024 * 1024;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const digits = (seq) => String(seq).padStart(8, "0");
const say = (text = "") => console.log(text);
/** Whether the key that lies beside the heads is to be believed. */
let found = false;

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

const leafHash = (leaf) => createHash("sha256").update("\0").update(leaf).digest();
const nodeHash = (left, right) => createHash("sha256").update("\u0001").update(left).update(right).digest();

const merkleRoot = (hashes) => treeOf(hashes.map((hash) => Buffer.from(hash, "hex")))?.toString("hex");

function treeOf(leaves) {
  let level = leaves.map(leafHash);
  while (level.length > 1) {
    const above = [];
    for (let i = 0; i < level.length; i += 2)
      above.push(level[i + 1] === undefined ? level[i] : nodeHash(level[i], level[i + 1]));
    level = above;
  }
  return level[0];
}

/** The root that a path of RFC 6962 section 2.1.1 leads to: lists divide at the largest power of two below their length. */
function provenRoot(leaf, { index, count, path }) {
  if (count === 1 && index === 0 && path.length === 0) return leafHash(leaf);
  const at = 2 ** Math.floor(Math.log2(count - 1));
  const sibling = Buffer.from(path.at(-1), "hex");
  const below = path.slice(0, -1);
  if (index < at) return nodeHash(provenRoot(leaf, { index, count: at, path: below }), sibling);
  return nodeHash(sibling, provenRoot(leaf, { index: index - at, count: count - at, path: below }));
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
  const repack = repackOf(record);
  if (repack !== undefined && (pack !== null || record.events.length > 1))
    report("stored-list-wrong", "joins packs and does something else besides");
  const packed = packedBy(record);
  const keys = new Set(packed?.messages.map(({ key }) => key));
  if ((pack === null) !== (stored.length === 0) || keys.size !== (packed?.messages.length ?? 0))
    report("stored-list-wrong", "lists messages without a pack, none with one, or one twice");
  if (packed === undefined) return;
  if (packed.pack.name !== `${digits(seq)}-${packed.pack.sha256.slice(0, 16)}.zip`)
    report("pack-name-wrong", "the pack's name is not its number and hash");
  if (packed.pack.merkleRoot !== merkleRoot(packed.messages.map((message) => message.sha256)))
    report("merkle-root-wrong", "the Merkle root is not that of its messages");
}

/** The pack that came with a record, of new messages or of those of packs that were joined. */
function packedBy(record) {
  if (record.pack !== null) return { pack: record.pack, messages: record.stored };
  const repack = repackOf(record);
  return repack && { pack: repack.pack, messages: repack.messages };
}

const repackOf = ({ events }) => (events ?? []).find(({ kind }) => kind === "repacked");

/** The packs that the record replaces need not be there, when it tells of them and their messages as their own records do. */
function followRepack(root, mailbox, { record, missing, report }) {
  const repack = repackOf(record);
  if (repack === undefined) return;
  const unplaced = (messages) => JSON.stringify(messages.map(({ entry, ...rest }) => rest));
  let at = 0;
  for (const { seq, name, sha256: hash } of repack.replaced) {
    const bytes = seq < record.seq ? read(root, "mailboxes", mailbox, "ledger", `${digits(seq)}.json.gz`) : undefined;
    const packed = bytes && packedBy(decodeRecord(bytes));
    if (packed?.pack.name !== name || packed.pack.sha256 !== hash)
      return report("repack-differs", `replaces the pack ${name}, which record ${seq} does not name`);
    const own = repack.messages.slice(at, at + packed.messages.length);
    if (unplaced(own) !== unplaced(packed.messages))
      return report("repack-differs", `tells of the messages of record ${seq} other than that record`);
    at += packed.messages.length;
  }
  if (at !== repack.messages.length) return report("repack-differs", "has messages that the replaced packs had not");
  for (const { seq } of repack.replaced) missing.delete(seq);
}

function checkPack(root, mailbox, { pack, messages }, { report, missed }) {
  const name = /^[0-9]{8}-[0-9a-f]{16}\.zip$/.test(pack.name) ? pack.name : "";
  const bytes = name === "" ? undefined : read(root, "mailboxes", mailbox, "packs", name);
  if (bytes === undefined) {
    missed(`${pack.name}: ${messages.length} messages are lost`);
    return undefined;
  }
  if (bytes.length !== pack.size || sha256(bytes) !== pack.sha256)
    report("pack-damaged", `${name} has other bytes than were stored`);
  const list = () => JSON.stringify(manifestOf(bytes));
  if (reading("", name, list, () => "unreadable") !== JSON.stringify(messages))
    report("manifest-differs", `${name} lists other messages than the record`);
  return bytes;
}

// --- Deletions: each receipt ends one intent and names the bytes that the ledger stored ---

function followDeletions({ seq, time, stored, events }, { hashes, open }, report) {
  for (const { key, sha256: hash } of stored) hashes.set(key, hash);
  for (const { kind, key, sha256: hash } of events ?? []) {
    if (kind === "deleting") {
      if (hashes.get(key) !== hash) report("receipt-differs", "the intent names other bytes than were stored", key);
      open.set(key, { seq, time });
    } else if (kind === "deleted" || kind === "kept") {
      if (!open.delete(key)) report("receipt-stray", `${kind} without an intent before it`, key);
      if (kind === "deleted" && hashes.get(key) !== hash)
        report("receipt-differs", "the receipt names other bytes than were stored", key);
    }
  }
  const day = 86_400_000;
  for (const [key, { seq: begun, time: at }] of open)
    if (Date.parse(time) - Date.parse(at) > day && open.delete(key))
      report("deletion-open", `begun in record ${begun}, and a day later nothing says what came of it`, key);
}

function checkMailbox(root, mailbox, known) {
  const found = [];
  const deletions = { hashes: new Map(), open: new Map() };
  const counts = { records: 0, packs: 0, messages: 0 };
  const hashes = new Map();
  // Packs that are not there, until a later record says what took their place.
  const missing = new Map();
  const keys = new Set();
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
      const missed = (detail) => missing.set(seq, () => report("pack-missing", detail));
      checkContent(root, mailbox, { record, report, counts, missed, keys });
      followRepack(root, mailbox, { record, missing, report });
      followDeletions(record, deletions, report);
    };
    reading("record-unreadable", file, check, ({ code, message }) => report(code, message));
    [previous, last] = [sha256(bytes), seq];
    hashes.set(seq, previous);
  }
  for (const tell of missing.values()) tell();
  counts.messages = keys.size;
  for (const { seq, sha256: hash, by } of known.get(mailbox) ?? [])
    if (hashes.get(seq) === undefined) found.push(`ledger-rolled-back record ${seq}: is not there, and ${by} names it`);
    else if (hashes.get(seq) !== hash)
      found.push(`head-differs record ${seq}: is not the one with the hash ${hash} that ${by} names`);
  return { found, counts, newest: { seq: last, sha256: previous } };
}

function checkContent(root, mailbox, { record, report, counts, missed, keys }) {
  const packed = packedBy(record);
  const pack = packed && checkPack(root, mailbox, packed, { report, missed });
  if (pack === undefined) return;
  counts.packs++;
  for (const message of packed.messages) {
    const check = () => checkMessage(root, pack, message);
    const damaged = ({ code, message: text }) => report(code, text, message.key);
    // A message that was moved and still lies in its first pack as well is one.
    if (reading("message-damaged", "the record", check, damaged) === 1) keys.add(`${message.key} ${message.sha256}`);
  }
}

/** Mailbox → records that must be there, each by whom it is named: given with --head, or by the newest daily head. */
function knownRecords(given, heads) {
  const known = new Map();
  const named = [
    ...given.map((head) => ({ ...head, by: "--head" })),
    ...heads.entries.map((entry) => ({ ...entry, by: `the head ${heads.newest}` })),
  ];
  for (const { mailbox, ...record } of named) known.set(mailbox, [...(known.get(mailbox) ?? []), record]);
  return known;
}

function checkArchive(root, { given, keys }) {
  const all = readdirSync(join(root, "mailboxes")).filter((id) => /^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/.test(id));
  const heads = checkHeads(join(root, "heads"), keys);
  let damage = heads.damage;
  const known = knownRecords(given, heads);
  for (const mailbox of [...new Set([...all, ...known.keys()])].sort()) {
    const { found, counts, newest } = checkMailbox(root, mailbox, known);
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
  else
    say(
      [proved, ...(given.length > 0 ? [anchored] : []), heads.says ?? (given.length > 0 ? [] : notProved), author]
        .flat()
        .join("\n"),
    );
  return damage > 0 ? 1 : 0;
}

// --- Daily heads: signed statements over the newest records of all mailboxes ---

const none = "none";
const notSigned = "is not signed";

/** RFC 7638: the name of a key, by which a copy of it is known to be right. */
function thumbprint(key) {
  const { crv, e, kty, n, x, y } = key.export({ format: "jwk" });
  const members = kty === "RSA" ? { e, kty, n } : { crv, kty, x, y };
  return createHash("sha256").update(JSON.stringify(members)).digest("base64url");
}

const openKey = (text) =>
  createPublicKey(text.includes("-----BEGIN") ? text : { key: JSON.parse(text), format: "jwk" });

/** By whom the head is signed. @throws Damage when it is signed wrongly. */
function signerOf(bytes, signature, keyFile) {
  const wrongly = (what) => new Damage("head-damaged", what);
  if (signature === undefined) return { kid: undefined };
  const { kid, sha256: hash, signature: value, development } = JSON.parse(signature.toString("utf8"));
  if (hash !== sha256(bytes)) throw wrongly("its signature is of other bytes");
  const file = keyFile(kid);
  if (file === undefined) throw wrongly(`its public key ${kid} is not there`);
  const key = openKey(file.toString("utf8"));
  if (thumbprint(key) !== kid) throw wrongly("its public key is not the one that its signature names");
  if (!verify("sha256", bytes, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(value, "base64url")))
    throw wrongly("its signature is not right");
  return { kid, development: development === true };
}

/** The time in a time stamp over these bytes. Its authority's own signature is for `openssl ts -verify` to check. */
function stampOf(response, bytes) {
  const at = response.indexOf(createHash("sha256").update(bytes).digest());
  // id-ct-TSTInfo, then the imprint, then the first GeneralizedTime behind it (RFC 3161 section 2.4.2).
  const info = response.indexOf(Buffer.from("060b2a864886f70d0109100104", "hex"));
  if (info < 0 || at < info) throw new Damage("head-damaged", "its time stamp is of other bytes");
  const time = /([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(\.[0-9]+)?Z/.exec(
    response.toString("latin1", at + 32),
  );
  if (time === null) throw new Damage("head-damaged", "its time stamp has no time");
  const [, year, month, day, hour, minute, second] = time;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

function readList(head, list) {
  const wrongly = (what) => new Damage("head-damaged", what);
  if (list === undefined) throw wrongly("its list of mailboxes is not there");
  if (sha256(list) !== head.mailboxes.sha256) throw wrongly("its list of mailboxes is another one");
  const entries = list
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const root = entries.length === 0 ? sha256("") : treeOf(entries.map(leafOf)).toString("hex");
  if (root !== head.mailboxes.merkleRoot || entries.length !== head.mailboxes.count)
    throw wrongly("its Merkle root is not that of its list");
  return entries;
}

const leafOf = ({ mailbox, seq, sha256: hash }) => Buffer.from(`${mailbox}:${seq}:${hash}`);

function decodeHead(bytes) {
  const head = JSON.parse(bytes.toString("utf8"));
  if (head.format !== "mailkeep-head" || head.formatVersion !== 1 || head.mailboxes === undefined)
    throw new Damage("head-damaged", "is not a head of version 1");
  return head;
}

/** All heads in a folder: their order, lists, signatures and time stamps; and the entries of the newest to be believed. */
function checkHeads(folder, keys) {
  const result = { damage: 0, entries: [], newest: undefined, says: undefined };
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const ids = names
    .flatMap((name) => /^([0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{6}Z)?)\.json$/.exec(name)?.[1] ?? [])
    .sort();
  if (ids.length === 0 && keys.trusted.size === 0) return result;
  say(`heads: ${ids.length}${ids.length > 0 ? `, from ${ids[0]} to ${ids.at(-1)}` : ""}`);
  const damaged = (id, detail) => {
    result.damage++;
    say(`  DAMAGED head ${id}: ${detail}`.replace(/[^ -~]/g, "?").slice(0, 300));
  };
  let before = { id: none, sha256: undefined };
  let believed;
  for (const id of ids) {
    const file = (name) => read(folder, `${id}${name}`);
    const bytes = file(".json");
    const check = () => {
      const head = decodeHead(bytes);
      if ((head.previous?.id ?? none) !== before.id || head.id !== id)
        damaged(id, `names ${head.previous?.id ?? none} as the one before it, and ${before.id} is there`);
      else if (head.previous !== null && head.previous.sha256 !== before.sha256)
        damaged(before.id, `is not the one that ${id} names`);
      const entries = readList(head, file(".mailboxes.jsonl"));
      const { kid, development } = signerOf(
        bytes,
        file(".sig.json"),
        (name) => keys.trusted.get(name) ?? keyFile(folder, name),
      );
      const stamp = file(".tsr");
      const time = stamp === undefined ? undefined : stampOf(stamp, bytes);
      const trusted = kid !== undefined && (keys.trusted.has(kid) || keys.found);
      if (trusted || (keys.trusted.size === 0 && !keys.found))
        believed = { id, entries, kid, trusted, time, development, disputed: head.mailboxes.disputed };
      if (keys.trusted.size > 0 && !trusted)
        damaged(id, kid === undefined ? notSigned : `is signed by ${kid}, which is not your key`);
    };
    reading("head-damaged", "the head", check, ({ message }) => damaged(id, message));
    before = { id, sha256: sha256(bytes) };
  }
  if (believed === undefined) {
    if (keys.trusted.size > 0) damaged("of your key", "there is none");
    return result;
  }
  return {
    ...result,
    entries: believed.entries.filter((entry) => entry.disputed === undefined),
    newest: believed.id,
    ...toldOf(believed, damaged, result),
  };
}

const keyFile = (folder, kid) =>
  /^[0-9A-Za-z_-]{10,100}$/.test(kid) ? read(folder, "keys", `${kid}.json`) : undefined;

function toldOf({ id, kid, trusted, time, development, disputed }, damaged, result) {
  if (disputed > 0) damaged(id, `says that the ledgers of ${disputed} mailboxes contradicted an earlier head`);
  say(
    `  newest ${id}: ${kid === undefined ? notSigned : `signed by ${kid}`}${time === undefined ? "" : `, stamped ${time}`}`,
  );
  const says = [];
  if (trusted)
    says.push(
      `The newest head is signed by ${kid}: nothing up to the records it names was changed, dropped or rolled back\nsince ${id}, unless by whoever can sign with that key.`,
    );
  else
    says.push(
      `Not proved: that the heads are yours${kid === undefined ? "; they are not signed" : `. They are signed by ${kid}: give that key with --key if it is`}.`,
    );
  if (trusted && found) says.push(keyFoundBeside);
  if (development)
    says.push("It is a DEVELOPMENT key, from a file on somebody's machine: it proves nothing to anybody else.");
  says.push(
    time === undefined
      ? "Not proved by anybody else: when the heads were made. They have no time stamp."
      : "The time stamp is of these very bytes; whether its authority made it: openssl ts -verify -in heads/ID.tsr -data heads/ID.json -CAfile …",
  );
  says.push("Not proved: that no newer heads, and records after the newest head, are missing.");
  return { damage: result.damage, says };
}

// --- An unpacked BagIt export ---

/** RFC 8493 section 2.1.3: `hash  path`, with %, CR and LF written as %25, %0D and %0A. */
const manifestLines = (text) =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => ({ hash: line.slice(0, 64), path: line.slice(66).replace(/%(25|0D|0A)/gi, decodeURIComponent) }));

function checkBag(root, keys) {
  const bag = { damage: 0, hashes: new Map(), heads: new Map() };
  const damaged = (what) => {
    bag.damage++;
    say(`  DAMAGED ${what}`.replace(/[^ -~]/g, "?").slice(0, 300));
  };
  for (const name of ["manifest-sha256.txt", "tagmanifest-sha256.txt"]) checkManifest(root, name, { ...bag, damaged });
  for (const path of filesBelow(root, "data")) if (!bag.hashes.has(path)) damaged(`${path} is in no manifest`);
  const proofs = join(root, "proofs");
  const index = existsSync(proofs) ? jsonLines(root, "index.jsonl") : [];
  const sums = existsSync(proofs) ? checkBagProofs(proofs, keys, { ...bag, index, damaged }) : undefined;
  say();
  if (bag.damage > 0) say(`NOT as it was exported: ${bag.damage} findings, named above.`);
  else if (sums === undefined)
    say("The bag is whole. It holds no proofs: nothing is said of what the mail was before it was exported.");
  const mail = [...bag.hashes.keys()].filter((path) => path.startsWith("data/")).length;
  if (bag.damage > 0) return 1;
  if (sums === undefined) return 2;
  sayOfBag(sums, { mail, heads: [...bag.heads.values()] });
  return sums.proved === mail ? 0 : 2;
}

/** Paths with slashes, as manifests have them. */
function filesBelow(root, folder) {
  const all = existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    : [];
  return all
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join("/"),
    );
}

function checkManifest(root, name, { hashes, damaged }) {
  const text = read(root, name)?.toString("utf8");
  if (text === undefined) damaged(`${name} is not there`);
  const lines = manifestLines(text ?? "");
  for (const { hash, path } of lines) {
    const bytes = path.split("/").includes("..") ? undefined : read(root, ...path.split("/"));
    if (bytes === undefined) damaged(`${path} is not there`);
    else if (sha256(bytes) !== hash) damaged(`${path} has other bytes than ${name} says`);
    hashes.set(path, hash);
  }
  say(`${name}: ${lines.length} files`);
}

const jsonLines = (...path) =>
  (read(...path)?.toString("utf8") ?? "")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

function checkBagProofs(proofs, keys, { hashes, heads, index, damaged }) {
  const sums = { proved: 0, vouched: 0, unproved: 0 };
  const messages = grouped(jsonLines(proofs, "messages.jsonl"), ({ mailbox }) => mailbox);
  const files = new Map(index.map(({ mailbox, key, file }) => [`${mailbox} ${key}`, file]));
  const hashOf = ({ mailbox, key }) => hashes.get(files.get(`${mailbox} ${key}`));
  for (const told of jsonLines(proofs, "mailboxes.jsonl")) {
    const check = () => {
      const head = told.head === null ? undefined : bagHead(proofs, told.head.id, keys, heads);
      const own = messages.get(told.mailbox) ?? [];
      const { proved, vouched } = checkBagMailbox(proofs, told, { messages: own, head, hashOf });
      const over = told.head === null ? "" : `, ${vouched} of them under the head ${told.head.id}`;
      say(`mailbox ${told.mailbox}: ${proved} messages under their ledger records${over}`);
      sums.proved += proved;
      sums.vouched += vouched;
      if (told.problem === null) return;
      sums.unproved++;
      say(`  no whole proof: ${told.problem}`.replace(/[^ -~]/g, "?"));
    };
    reading("bag", "the proof", check, ({ message }) => damaged(`${told.mailbox}: ${message}`));
  }
  return sums;
}

function sayOfBag({ proved, vouched, unproved }, { mail, heads }) {
  if (proved < mail) say(`NOT proved: ${mail - proved} of ${mail} messages.`);
  const chains = unproved > 0 ? "" : ",\nand the records form unbroken chains";
  say(
    `${proved} of ${mail} messages are the ones that were stored: each is in the ledger record that committed it${chains}.`,
  );
  for (const { id, kid, time, development } of heads) {
    const by = kid === undefined ? notSigned : `signed by ${kid}`;
    say(`Head ${id}: ${by}${time === undefined ? "" : `, stamped ${time}`}.`);
    if (development)
      say("That is a DEVELOPMENT key, from a file on somebody's machine: it proves nothing to anybody else.");
  }
  const trusted = heads.length > 0 && heads.every((head) => head.trusted);
  if (trusted) say(`${vouched} of them are vouched for by a head signed with that key: unchanged since that day.`);
  else if (heads.length > 0) say("Not proved: that the heads are yours. Give the key that signs them with --key.");
  else say("Not proved: that the records are the archive's. No daily head vouched for them when it was exported.");
  if (trusted && vouched < proved) say(`Not proved by it: the ${proved - vouched} that were stored after it.`);
  if (trusted && found) say(keyFoundBeside);
  say(author);
}

const keyFoundBeside =
  "The key was taken from beside the heads: compare its name above with one that you know from elsewhere.";

function grouped(lines, keyOf) {
  const groups = new Map();
  for (const line of lines) {
    const group = groups.get(keyOf(line));
    if (group === undefined) groups.set(keyOf(line), [line]);
    else group.push(line);
  }
  return groups;
}

function bagHead(proofs, id, keys, heads) {
  if (heads.has(id)) return heads.get(id);
  if (!/^[0-9TZ-]{10,20}$/.test(id)) throw new Damage("bag", "a head without a name");
  const folder = join(proofs, "heads");
  const bytes = read(folder, `${id}.json`);
  if (bytes === undefined) throw new Damage("bag", `the head ${id} is not there`);
  const { kid, development } = signerOf(
    bytes,
    read(folder, `${id}.sig.json`),
    (name) => keys.trusted.get(name) ?? keyFile(folder, name),
  );
  const stamp = read(folder, `${id}.tsr`);
  const trusted = kid !== undefined && (keys.trusted.has(kid) || keys.found);
  if (keys.trusted.size > 0 && !trusted)
    throw new Damage(
      "bag",
      `the head ${id} ${kid === undefined ? notSigned : `is signed by ${kid}, which is not your key`}`,
    );
  const head = {
    id,
    root: decodeHead(bytes).mailboxes.merkleRoot,
    kid,
    development,
    trusted,
    time: stamp && stampOf(stamp, bytes),
  };
  heads.set(id, head);
  return head;
}

function checkBagMailbox(proofs, { mailbox, first, last, head: claim }, { messages, head, hashOf }) {
  if (!/^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/.test(mailbox)) throw new Damage("bag", "a mailbox without a name");
  if (claim !== null && provenRoot(leafOf({ mailbox, ...claim.entry }), claim.inclusion).toString("hex") !== head.root)
    throw new Damage("bag", `the mailbox is not under the head ${claim.id}`);
  const bySeq = grouped(messages, ({ seq }) => seq);
  let [previous, proved, vouched, through] = [undefined, 0, 0, claim === null];
  const waiting = [];
  for (let seq = first; seq <= last; seq++) {
    const bytes = read(proofs, "ledger", mailbox, `${digits(seq)}.json.gz`);
    if (bytes === undefined) throw new Damage("bag", `ledger record ${seq} is not there`);
    const record = decodeRecord(bytes);
    if (record.seq !== seq || record.mailbox !== mailbox)
      throw new Damage("bag", `ledger record ${seq} is another one`);
    if (previous !== undefined && record.previous !== previous)
      throw new Damage("bag", `ledger record ${seq} follows another one`);
    previous = sha256(bytes);
    if (claim?.entry.seq === seq && claim.entry.sha256 !== previous)
      throw new Damage("bag", `ledger record ${seq} is not the one the head names`);
    through ||= claim.entry.seq === seq;
    for (const message of bySeq.get(seq) ?? []) waiting.push(checkBagMessage(message, record, hashOf));
  }
  if (!through) throw new Damage("bag", `the records do not lead to the head ${claim.id}`);
  for (const { seq } of waiting) {
    proved++;
    if (claim !== null && seq <= claim.entry.seq) vouched++;
  }
  return { proved, vouched };
}

function checkBagMessage(message, { pack, stored, seq }, hashOf) {
  const { key, sha256: told } = stored[message.index] ?? {};
  if (
    key !== message.key ||
    told !== message.sha256 ||
    stored.length !== message.count ||
    pack?.merkleRoot !== message.root
  )
    throw new Damage("bag", `ledger record ${seq} does not hold message ${message.key}`);
  if (provenRoot(Buffer.from(message.sha256, "hex"), message).toString("hex") !== message.root)
    throw new Damage("bag", `message ${message.key} is not under its root`);
  if (hashOf(message) !== message.sha256) throw new Damage("bag", `the file of message ${message.key} is another one`);
  return message;
}

const proved = `All of it is as it was stored: every message comes back as the bytes whose hash its ledger holds, and each
ledger is one unbroken chain up to its newest record.`;
const anchored = "The records given with --head are in it: nothing up to them was changed since.";
const notProved = `Not proved: that no newest records are missing, or that the whole was not made anew. Compare the hashes of
the newest records with those you kept elsewhere: --head MAILBOX:SEQ:SHA256.`;
const author = "Not proved: who wrote a message. It is unchanged since it was stored, as Exchange rendered it then.";

// --- The proof of one message ---

const wrong = (what) => new Damage("proof", what);

function checkProof(proof, eml, { root, given: heads, keys }) {
  const { mailbox, message, inclusion, chain } = proof;
  if (proof.format !== "mailkeep-proof" || proof.formatVersion !== 1) throw wrong("this is no proof of version 1");
  if (eml.length !== message.size || sha256(eml) !== message.sha256) throw wrong("the message is another one");
  if (provenRoot(Buffer.from(message.sha256, "hex"), inclusion).toString("hex") !== inclusion.root)
    throw wrong("the message is not under its root");
  if (chain.some(({ seq }, index) => seq !== chain[0].seq + index)) throw wrong("the chain of the proof has gaps");
  const own = heads.filter((head) => head.mailbox === mailbox);
  for (const head of own)
    if (!chain.some(({ seq, sha256: hash }) => seq === head.seq && hash === head.sha256))
      throw wrong(`the chain does not lead to record ${head.seq} with the hash you kept`);
  const head = proof.head ? checkProofHead(proof.head, { mailbox, chain, keys }) : undefined;
  if (keys.trusted.size > 0 && head === undefined) throw wrong("it has no head, and a key was given");
  say("The message is the one of the proof, under the Merkle root of its record.");
  if (root === undefined)
    say("Not checked: that the records are what the proof says of them. Give the archive's copy.");
  else checkLinks(proof, root);
  if (root !== undefined && own.length > 0)
    say("It leads to the record you kept: unchanged since that one was written.");
  if (root !== undefined && head?.trusted)
    say(`It leads to the head ${head.id}, signed by ${head.kid}: unchanged since that day.`);
  else if (head?.kid)
    say(`It leads to the head ${head.id}, signed by ${head.kid}. Give that key with --key if it is yours.`);
  if (head?.development)
    say("That is a DEVELOPMENT key, from a file on somebody's machine: it proves nothing to anybody else.");
  if (head?.time)
    say(`The head was stamped ${head.time}; whether its authority made the stamp is for openssl ts -verify to say.`);
  if (own.length === 0 && !head?.trusted)
    say("Proved only with a key that you know (--key) or a hash of the chain (--head MAILBOX:SEQ:SHA256).");
  say(author);
  return root === undefined ? 2 : 0;
}

function checkProofHead({ head: text, entry, inclusion, signature, key, timestamp }, { mailbox, chain, keys }) {
  const bytes = Buffer.from(text);
  const { id, mailboxes } = decodeHead(bytes);
  if (entry.mailbox !== mailbox || provenRoot(leafOf(entry), inclusion).toString("hex") !== mailboxes.merkleRoot)
    throw wrong("the mailbox is not under the head");
  if (!chain.some(({ seq, sha256: hash }) => seq === entry.seq && hash === entry.sha256))
    throw wrong("the chain does not lead to the head");
  const stored = signature === null ? undefined : Buffer.from(JSON.stringify(signature));
  const { kid, development } = signerOf(
    bytes,
    stored,
    (name) => keys.trusted.get(name) ?? (key === null ? undefined : Buffer.from(JSON.stringify(key))),
  );
  const trusted = kid !== undefined && (keys.trusted.has(kid) || keys.found);
  if (keys.trusted.size > 0 && !trusted)
    throw wrong(kid === undefined ? "the head is not signed" : `the head is signed by ${kid}, which is not your key`);
  const time = timestamp === null ? undefined : stampOf(Buffer.from(timestamp, "base64"), bytes);
  return { id, kid, trusted, development, time };
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
    options: {
      head: { type: "string", multiple: true },
      key: { type: "string", multiple: true },
      "key-found": { type: "boolean" },
      proof: { type: "string" },
      eml: { type: "string" },
    },
  });
  const [root] = positionals;
  const heads = (values.head ?? []).map((text) => {
    const [, mailbox, seq, hash] = /^([0-9A-Za-z][0-9A-Za-z-]{0,63}):([0-9]{1,8}):([0-9a-f]{64})$/.exec(text) ?? [];
    if (hash === undefined) throw new Error("--head is MAILBOX:SEQ:SHA256");
    return { mailbox, seq: Number(seq), sha256: hash };
  });
  const keyFiles = (values.key ?? []).map((file) => readFileSync(file));
  const trusted = new Map(keyFiles.map((bytes) => [thumbprint(openKey(bytes.toString("utf8"))), bytes]));
  found = values["key-found"] === true;
  const keys = { trusted, found };
  if (values.proof === undefined && root !== undefined)
    return existsSync(join(root, "bagit.txt")) ? checkBag(root, keys) : checkArchive(root, { given: heads, keys });
  if (values.proof === undefined || values.eml === undefined) throw new Error("give a folder, or --proof and --eml");
  const [text, eml] = [readFileSync(values.proof, "utf8"), readFileSync(values.eml)];
  const check = () => checkProof(JSON.parse(text), eml, { root, given: heads, keys });
  return reading("proof", "the proof", check, ({ message }) => say(`NOT proved: ${message}.`) ?? 1);
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(`It could not be checked: ${error.message}`);
  process.exitCode = 2;
}
