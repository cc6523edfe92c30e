// A time stamping authority (RFC 3161) over real HTTP, with certificates of its own, and the ways it may go wrong.
import { createHash, randomBytes, webcrypto } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";

export interface Tsa extends AsyncDisposable {
  url: string;
  /** The root certificate, PEM. */
  root: string;
  requests: number;
  time: Date;
  /** Changes what it answers. */
  fault?:
    | "refused"
    | "other bytes"
    | "other nonce"
    | "no purpose"
    | "expired"
    | "bad signature"
    | "other certificate"
    | "not found"
    | "no stamp"
    | "silent"
    | undefined;
}

/** What the library takes for a key. */
type KeyOf = Parameters<pkijs.Certificate["sign"]>[0];

interface Identity {
  keys: webcrypto.CryptoKeyPair;
  certificate: pkijs.Certificate;
}

const purpose = "1.3.6.1.5.5.7.3.8";
const sha256Oid = "2.16.840.1.101.3.4.2.1";
const day = 86_400_000;

export async function aTsa(time: Date): Promise<Tsa> {
  const root = await identity({ name: "Test Root", serial: 1, time, purpose: undefined });
  const signer = await identity({ name: "Test TSA", serial: 2, time, purpose, issuer: root });
  const wrongUse = await identity({ name: "Not a TSA", serial: 3, time, purpose: "1.3.6.1.5.5.7.3.1", issuer: root });
  const expired = await identity({
    name: "Old TSA",
    serial: 4,
    time: new Date(time.getTime() - 9_000 * day),
    purpose,
    issuer: root,
  });
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    tsa.requests++;
    if (tsa.fault === "silent") return void request.socket.destroy();
    if (tsa.fault === "not found") return void response.writeHead(404).end();
    const by = tsa.fault === "no purpose" ? wrongUse : tsa.fault === "expired" ? expired : signer;
    const answer =
      tsa.fault === "no stamp" ? Buffer.from("<html>") : await reply(Buffer.concat(chunks), by, { tsa, root });
    response.writeHead(200, { "content-type": "application/timestamp-reply" }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const pem = Buffer.from(root.certificate.toSchema(true).toBER(false)).toString("base64");
  const tsa: Tsa = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`,
    root: `-----BEGIN CERTIFICATE-----\n${pem.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
    requests: 0,
    time,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return tsa;
}

async function identity(plan: {
  name: string;
  serial: number;
  time: Date;
  purpose: string | undefined;
  issuer?: Identity;
}): Promise<Identity> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const certificate = new pkijs.Certificate({ version: 2 });
  certificate.serialNumber = new asn1js.Integer({ value: plan.serial });
  const named = (value: string) =>
    new pkijs.AttributeTypeAndValue({ type: "2.5.4.3", value: new asn1js.Utf8String({ value }) });
  certificate.subject.typesAndValues.push(named(plan.name));
  if (plan.issuer === undefined) certificate.issuer.typesAndValues.push(named(plan.name));
  else certificate.issuer = plan.issuer.certificate.subject;
  certificate.notBefore.value = new Date(plan.time.getTime() - day);
  certificate.notAfter.value = new Date(plan.time.getTime() + 3_000 * day);
  const extension = (extnID: string, critical: boolean, value: asn1js.AsnType) =>
    new pkijs.Extension({ extnID, critical, extnValue: value.toBER(false) });
  const ca = new pkijs.BasicConstraints({ cA: plan.issuer === undefined }).toSchema();
  certificate.extensions = [extension("2.5.29.19", true, ca)];
  if (plan.purpose !== undefined) {
    const usage = new pkijs.ExtKeyUsage({ keyPurposes: [plan.purpose] }).toSchema();
    certificate.extensions.push(extension("2.5.29.37", true, usage));
  }
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey as KeyOf);
  await certificate.sign((plan.issuer ?? { keys }).keys.privateKey as KeyOf, "SHA-256");
  return { keys, certificate };
}

interface Answering {
  tsa: Tsa;
  root: Identity;
}

async function reply(request: Buffer, by: Identity, { tsa, root }: Answering): Promise<Buffer> {
  const asked = new pkijs.TimeStampReq({ schema: asn1js.fromBER(Uint8Array.from(request)).result });
  if (tsa.fault === "refused") {
    const status = new pkijs.PKIStatusInfo({ status: 2 });
    return Buffer.from(new pkijs.TimeStampResp({ status }).toSchema().toBER(false));
  }
  const other = new asn1js.OctetString({ valueHex: Uint8Array.from(randomBytes(32)).buffer });
  const { hashAlgorithm, hashedMessage } = asked.messageImprint;
  const nonce = tsa.fault === "other nonce" ? new asn1js.Integer({ value: 7 }) : asked.nonce;
  const info = new pkijs.TSTInfo({
    version: 1,
    policy: "1.2.3.4.1",
    messageImprint: new pkijs.MessageImprint({
      hashAlgorithm,
      hashedMessage: tsa.fault === "other bytes" ? other : hashedMessage,
    }),
    serialNumber: new asn1js.Integer({ value: 100 + tsa.requests }),
    genTime: tsa.time,
    ...(nonce && { nonce }),
  });
  const content = info.toSchema().toBER(false);
  const named = tsa.fault === "other certificate" ? root : by;
  const signed = new pkijs.SignedData({
    version: 3,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({
      eContentType: "1.2.840.113549.1.9.16.1.4",
      eContent: new asn1js.OctetString({ valueHex: content }),
    }),
    signerInfos: [signerInfo(by, content, named)],
    certificates: [by.certificate, root.certificate],
  });
  // The library would send it in pieces (BER); authorities send it as one.
  signed.encapContentInfo.eContent = new asn1js.OctetString({ valueHex: content });
  const key = tsa.fault === "bad signature" ? root.keys.privateKey : by.keys.privateKey;
  await signed.sign(key as KeyOf, 0, "SHA-256");
  const token = new pkijs.ContentInfo({ contentType: "1.2.840.113549.1.7.2", content: signed.toSchema(true) });
  const status = new pkijs.PKIStatusInfo({ status: 0 });
  return Buffer.from(new pkijs.TimeStampResp({ status, timeStampToken: token }).toSchema().toBER(false));
}

/** With the attributes that RFC 3161 asks for: what is signed, its digest, and whose certificate it is (RFC 5816). */
function signerInfo({ certificate }: Identity, content: ArrayBuffer, named: Identity): pkijs.SignerInfo {
  const { issuer, serialNumber } = certificate;
  const octets = (bytes: Buffer) => new asn1js.OctetString({ valueHex: Uint8Array.from(bytes).buffer });
  const hash = (bytes: ArrayBuffer) => octets(createHash("sha256").update(Buffer.from(bytes)).digest());
  const sequence = (...value: asn1js.AsnType[]) => new asn1js.Sequence({ value });
  const essCertId = sequence(hash(named.certificate.toSchema(true).toBER(false)));
  const attribute = (type: string, value: asn1js.AsnType) => new pkijs.Attribute({ type, values: [value] });
  return new pkijs.SignerInfo({
    version: 1,
    sid: new pkijs.IssuerAndSerialNumber({ issuer, serialNumber }),
    digestAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: sha256Oid }),
    signedAttrs: new pkijs.SignedAndUnsignedAttributes({
      type: 0,
      attributes: [
        attribute("1.2.840.113549.1.9.3", new asn1js.ObjectIdentifier({ value: "1.2.840.113549.1.9.16.1.4" })),
        attribute("1.2.840.113549.1.9.4", hash(content)),
        attribute("1.2.840.113549.1.9.16.2.47", sequence(sequence(essCertId))),
      ],
    }),
  });
}
