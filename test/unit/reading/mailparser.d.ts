// What the tests use of mailparser 3.9.9, which ships no types: a second opinion on what is attached to a message.
declare module "mailparser" {
  export function simpleParser(
    message: Uint8Array,
    options: { skipHtmlToText: boolean; skipTextToHtml: boolean; skipImageLinks: boolean; skipTextLinks: boolean },
  ): Promise<{ attachments: { filename?: string; content: Buffer }[] }>;
}
