// A tenant behind TLS: a certificate of its own that this process may be made to trust, and links that lead back to it.
import { webcrypto } from "node:crypto";
import { request as ask } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";

export interface TlsFront extends AsyncDisposable {
  url: string;
  port: number;
}

const day = 86_400_000;

/** Answers for `https://localhost` what the tenant at `baseUrl` answers. */
export async function aTlsFront(baseUrl: string, { trusted = true } = {}): Promise<TlsFront> {
  const { key, cert } = await certificateOf("localhost");
  const before = getCACertificates("default");
  if (trusted) setDefaultCACertificates([...before, cert]);
  const server = createServer({ key, cert }, (incoming, outgoing) => {
    const { method, url = "/", headers } = incoming;
    const inner = ask(
      `${baseUrl}${url}`,
      { method, headers: { ...headers, host: new URL(baseUrl).host } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const bytes = Buffer.concat(chunks);
          const isJson = String(answer.headers["content-type"]).includes("json");
          const body = isJson ? Buffer.from(bytes.toString("utf8").replaceAll(baseUrl, front.url)) : bytes;
          const { "transfer-encoding": _, ...rest } = answer.headers;
          outgoing.writeHead(answer.statusCode ?? 500, { ...rest, "content-length": body.length }).end(body);
        });
      },
    );
    incoming.pipe(inner);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const front: TlsFront = {
    url: `https://localhost:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      setDefaultCACertificates(before);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return front;
}

async function certificateOf(name: string): Promise<{ key: string; cert: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const certificate = new pkijs.Certificate({ version: 2 });
  certificate.serialNumber = new asn1js.Integer({ value: 1 });
  const value = new asn1js.Utf8String({ value: name });
  certificate.subject.typesAndValues.push(new pkijs.AttributeTypeAndValue({ type: "2.5.4.3", value }));
  certificate.issuer = certificate.subject;
  certificate.notBefore.value = new Date(Date.now() - day);
  certificate.notAfter.value = new Date(Date.now() + day);
  const names = new pkijs.GeneralNames({ names: [new pkijs.GeneralName({ type: 2, value: name })] });
  const extension = (extnID: string, schema: asn1js.AsnType) =>
    new pkijs.Extension({ extnID, critical: false, extnValue: schema.toBER(false) });
  const ca = new pkijs.BasicConstraints({ cA: true }).toSchema();
  certificate.extensions = [extension("2.5.29.19", ca), extension("2.5.29.17", names.toSchema())];
  type KeyOf = Parameters<pkijs.Certificate["sign"]>[0];
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey as KeyOf);
  await certificate.sign(keys.privateKey as KeyOf, "SHA-256");
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    key: pem("PRIVATE KEY", key),
    cert: pem("CERTIFICATE", Buffer.from(certificate.toSchema(true).toBER(false))),
  };
}

const pem = (kind: string, bytes: Buffer): string =>
  `-----BEGIN ${kind}-----\n${bytes.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END ${kind}-----\n`;
