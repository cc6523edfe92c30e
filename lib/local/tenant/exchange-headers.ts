// The header section of a mail as Exchange hands it out, different in every copy.
import { noiseLines } from "./attachment.js";
import { type Dice, guid } from "./dice.js";
import { type CopyRole, type Mail, messageId } from "./mail.js";
import { headerAddresses, headerDate, headerText } from "./mime.js";

/** The lines that identify the mail, the same in every copy. */
export function commonHeaders(mail: Mail): string[] {
  const answered = mail.kind === "thread" ? mail.earlier[0] : undefined;
  const references = mail.earlier.map(messageId).reverse().join("\r\n\t");
  return [
    `From: ${headerAddresses([mail.from])}`,
    `To: ${headerAddresses(mail.to)}`,
    ...(mail.cc.length > 0 ? [`CC: ${headerAddresses(mail.cc)}`] : []),
    `Subject: ${headerText(mail.subject, mail.charset)}`,
    `Thread-Topic: ${headerText(mail.subject.replace(/^(RE|AW|FW): /, ""), mail.charset)}`,
    `Thread-Index: ${Buffer.from(`Ad${mail.seed}${mail.sentAt}`).toString("base64").slice(0, 60)}`,
    `Date: ${headerDate(mail.sentAt)}`,
    `Message-ID: ${messageId(mail)}`,
    ...(answered ? [`References: ${references}`, `In-Reply-To: ${messageId(answered)}`] : []),
    "Accept-Language: en-US, de-DE",
    "Content-Language: en-US",
    `X-MS-Has-Attach: ${mail.attachments.length > 0 ? "yes" : ""}`,
    "X-MS-TNEF-Correlator:",
  ];
}

export function copyHeaders(mail: Mail, role: CopyRole, source: Dice): string[] {
  if (role === "draft")
    return [
      ...commonHeaders(mail).filter((line) => !/^(Date|Message-ID):/.test(line)),
      "X-Unsent: 1",
      "MIME-Version: 1.0",
    ];
  if (role === "sent") return [...commonHeaders(mail), ...ownStamps(source), "MIME-Version: 1.0"];
  return [
    ...received(mail, source),
    ...commonHeaders(mail),
    ...ownStamps(source),
    ...transportStamps(mail, source),
    "MIME-Version: 1.0",
  ];
}

function received(mail: Mail, source: Dice): string[] {
  const host = () =>
    `${source.pick(["DB9", "AM0", "PA4", "FR3", "VI1"])}PR0${1 + source.int(9)}MB${1000 + source.int(8999)}`;
  const [first, second, third] = [host(), host(), host()];
  const at = (seconds: number) => headerDate(mail.sentAt + seconds * 1000);
  const v6 = () => `2603:10a6:${source.hex(3)}:${source.hex(2)}::${source.int(99)}`;
  const domain = mail.from.address.split("@")[1] ?? "";
  return [
    `Received: from ${first}.eurprd04.prod.outlook.example (${v6()})\r\n by ${second}.eurprd04.prod.outlook.example with HTTPS; ${at(4)}`,
    `Received: from ${third}.eurprd04.prod.outlook.example (${v6()})\r\n by ${first}.eurprd04.prod.outlook.example (${v6()}) with Microsoft SMTP Server (version=TLS1_2,\r\n cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.${source.int(9999)}.${source.int(40)}; ${at(3)}`,
    `Received: from mail.${domain} (192.0.2.${1 + source.int(250)}) by\r\n ${third}.mail.protection.outlook.example (10.167.${source.int(250)}.${source.int(250)}) with Microsoft SMTP Server id\r\n 15.20.${source.int(9999)}.${source.int(40)} via Frontend Transport; ${at(2)}`,
    `Authentication-Results: spf=pass (sender IP is 192.0.2.${1 + source.int(250)})\r\n smtp.mailfrom=${domain}; dkim=pass (signature was verified)\r\n header.d=${domain};dmarc=pass action=none header.from=${domain};compauth=pass\r\n reason=100`,
    `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=${domain}; s=selector1;\r\n h=From:Date:Subject:Message-ID:Content-Type:MIME-Version;\r\n bh=${source.hex(43)}=;\r\n b=${noiseLines(source.int(60_000), 4)}`,
  ];
}

function ownStamps(source: Dice): string[] {
  const tenant = guid(source);
  return [
    `X-MS-Exchange-Organization-Network-Message-Id: ${guid(source)}`,
    "X-MS-Exchange-Organization-SCL: -1",
    `X-MS-Exchange-Organization-RecordReviewCfmType: ${source.int(3)}`,
    `X-MS-Exchange-CrossTenant-Network-Message-Id: ${guid(source)}`,
    `X-MS-Exchange-CrossTenant-id: ${tenant}`,
  ];
}

function transportStamps(mail: Mail, source: Dice): string[] {
  const trace = `${source.hex(8)}:EE_|${source.hex(8)}:EE_`;
  return [
    `X-MS-PublicTrafficType: Email`,
    `X-MS-TrafficTypeDiagnostic: ${trace}`,
    `X-MS-Office365-Filtering-Correlation-Id: ${guid(source)}`,
    "X-Microsoft-Antispam: BCL:0;ARA:13230040|366016|376014|38070700018;",
    `X-Forefront-Antispam-Report: CIP:192.0.2.${source.int(250)};CTRY:DE;LANG:${mail.language};SCL:1;SRV:;IPV:NLI;SFV:NSPM;\r\n\tH:mail.${mail.from.address.split("@")[1] ?? ""};PTR:InfoDomainNonexistent;CAT:NONE;SFS:(13230040)(366016);DIR:INB;`,
    `X-Microsoft-Antispam-Message-Info:\r\n\t${noiseLines(source.int(60_000), 14)}`,
    "X-MS-Exchange-AntiSpam-MessageData-ChunkCount: 1",
    `X-MS-Exchange-AntiSpam-MessageData-0:\r\n\t${noiseLines(source.int(60_000), 18)}`,
    `X-MS-Exchange-CrossTenant-OriginalArrivalTime: ${headerDate(mail.sentAt + 3000)}`,
    `X-MS-Exchange-CrossTenant-FromEntityHeader: Internet`,
    `X-MS-Exchange-Transport-CrossTenantHeadersStamped: ${source.hex(12)}`,
    `X-MS-Exchange-Transport-EndToEndLatency: 00:00:0${source.int(9)}.${1_000_000 + source.int(8_999_999)}`,
  ];
}
