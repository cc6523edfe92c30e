// Whether a time stamp vouches for what was asked: RFC 3161 section 2.4.2, and the signature of RFC 5652 below it.
import { createHash, X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { type AsnType, fromBER, OctetString, Sequence } from "asn1js";
import { type Certificate, type ContentInfo, SignedData, TimeStampResp, TSTInfo } from "pkijs";
import { MailkeepError } from "../../core/errors.js";

const oids = {
  tstInfo: "1.2.840.113549.1.9.16.1.4",
  signingCertificate: "1.2.840.113549.1.9.16.2.12",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  extendedKeyUsage: "2.5.29.37",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  sha256: "2.16.840.1.101.3.4.2.1",
};

export interface CheckedStamp {
  time: string;
  authority: string;
  /** Whether its certificates lead to a root that Node knows; authorities with a root of their own do not. */
  anchored: boolean;
}

const wrong = (what: string): MailkeepError =>
  new MailkeepError("corrupt", `the time stamping authority's answer ${what}`, { reason: "TIMESTAMP_WRONG" });

/**
 * @throws MailkeepError `invalid` (TIMESTAMP_REFUSED) when the authority says no, `corrupt` (TIMESTAMP_WRONG) for an answer that
 * is of something else, by somebody else, or damaged
 */
export async function checkStamp(
  response: Uint8Array,
  asked: { bytes: Uint8Array; nonce?: Uint8Array },
): Promise<CheckedStamp> {
  const token = tokenOf(response);
  try {
    const signed = new SignedData({ schema: token.content as AsnType });
    const info = infoOf(signed);
    checkInfo(info, asked);
    const signer = await signerOf(signed, asked.bytes);
    checkPurpose(signer, signed);
    const time = info.genTime;
    return {
      time: time.toISOString(),
      authority: x509(signer).subject.replaceAll("\n", ", "),
      anchored: chain(signer, signed, time),
    };
  } catch (error) {
    if (error instanceof MailkeepError) throw error;
    // Whatever the library stumbles over is no time stamp.
    throw wrong(
      `cannot be read as a time stamp (${error instanceof Error ? error.message.slice(0, 100) : "no reason"})`,
    );
  }
}

function tokenOf(response: Uint8Array): ContentInfo {
  let parsed: TimeStampResp;
  try {
    parsed = new TimeStampResp({ schema: fromBER(Uint8Array.from(response)).result });
  } catch {
    throw wrong("is no TimeStampResp");
  }
  const { status, timeStampToken } = parsed;
  // 0 granted, 1 granted with modifications (section 2.4.2).
  if (status.status !== 0 && status.status !== 1)
    throw new MailkeepError("invalid", `the time stamping authority refused with status ${status.status}`, {
      reason: "TIMESTAMP_REFUSED",
    });
  if (timeStampToken === undefined) throw wrong("has no token");
  return timeStampToken;
}

function infoOf({ encapContentInfo }: SignedData): TSTInfo {
  const content = encapContentInfo.eContent;
  if (encapContentInfo.eContentType !== oids.tstInfo || content === undefined)
    throw wrong("is a signature over something else");
  const bytes = content.getValue();
  // In pieces (BER), as some send it, the library would not find it again when it checks the signature.
  encapContentInfo.eContent = new OctetString({ valueHex: bytes });
  return TSTInfo.fromBER(bytes);
}

function checkInfo(info: TSTInfo, { bytes, nonce }: { bytes: Uint8Array; nonce?: Uint8Array }): void {
  const { hashAlgorithm, hashedMessage } = info.messageImprint;
  const hash = createHash("sha256").update(bytes).digest();
  if (hashAlgorithm.algorithmId !== oids.sha256 || !hash.equals(Buffer.from(hashedMessage.getValue())))
    throw wrong("is a stamp of other bytes");
  // Only whoever asked knows what was asked.
  if (nonce === undefined) return;
  if (info.nonce === undefined || !Buffer.from(nonce).equals(Buffer.from(info.nonce.valueBlock.valueHexView)))
    throw wrong("is an answer to another request");
}

async function signerOf(signed: SignedData, bytes: Uint8Array): Promise<Certificate> {
  if (signed.signerInfos.length !== 1) throw wrong("has not exactly one signature");
  const { signatureVerified, signerCertificate } = await signed.verify({
    signer: 0,
    data: Uint8Array.from(bytes).buffer,
    extendedMode: true,
  });
  if (!signatureVerified || !signerCertificate) throw wrong("has a signature that is not right");
  return signerCertificate as Certificate;
}

/** The certificate is for time stamping, and is the one that the signature names (RFC 5816). */
function checkPurpose(signer: Certificate, signed: SignedData): void {
  const usage = signer.extensions?.find(({ extnID }) => extnID === oids.extendedKeyUsage)?.parsedValue;
  const purposes: unknown = (usage as { keyPurposes?: unknown } | undefined)?.keyPurposes;
  if (!Array.isArray(purposes) || !purposes.includes(oids.timeStamping))
    throw wrong("is signed by a key that is not for time stamps");
  const der = Buffer.from(signer.toSchema(true).toBER(false));
  const attributes = signed.signerInfos[0]?.signedAttrs?.attributes ?? [];
  const named = attributes.filter(({ type }) => type === oids.signingCertificate || type === oids.signingCertificateV2);
  const hashes = named.flatMap(({ values }) => firstOctets(values[0]));
  const own = ["sha1", "sha256", "sha384", "sha512"].map((name) => createHash(name).update(der).digest());
  if (!hashes.some((hash) => own.some((mine) => mine.equals(hash)))) throw wrong("does not name its certificate");
}

/** SigningCertificate(V2): a sequence of a sequence of ESSCertID, of which the first is that of the signer. */
function firstOctets(value: unknown): Buffer[] {
  const first = below(below(below(value)));
  if (first instanceof OctetString) return [Buffer.from(first.getValue())];
  const list = below(below(value));
  const octets = list instanceof Sequence ? list.valueBlock.value.find((one) => one instanceof OctetString) : undefined;
  return octets instanceof OctetString ? [Buffer.from(octets.getValue())] : [];
}

const below = (value: unknown): unknown => (value instanceof Sequence ? value.valueBlock.value[0] : undefined);

const x509 = (certificate: Certificate): X509Certificate =>
  new X509Certificate(Buffer.from(certificate.toSchema(true).toBER(false)));

/**
 * Follows the certificates in the token as far as they lead. @throws when one of them was not valid at that time. Whether
 * the authority itself is to be believed is for whoever relies on the stamp to say.
 */
function chain(signer: Certificate, { certificates = [] }: SignedData, time: Date): boolean {
  const there = certificates.flatMap((one) => ("tbsView" in one ? [x509(one as Certificate)] : []));
  let current = x509(signer);
  for (let depth = 0; depth < 10; depth++) {
    if (time < new Date(current.validFrom) || time > new Date(current.validTo))
      throw wrong("has a certificate that was not valid then");
    if (rootCertificates.some((pem) => isIssuedBy(current, pem))) return true;
    const issuer = there.find(
      (other) =>
        other.fingerprint256 !== current.fingerprint256 &&
        current.checkIssued(other) &&
        current.verify(other.publicKey),
    );
    if (issuer === undefined) return false;
    current = issuer;
  }
  return false;
}

function isIssuedBy(certificate: X509Certificate, pem: string): boolean {
  const root = new X509Certificate(pem);
  return certificate.checkIssued(root) && certificate.verify(root.publicKey);
}
