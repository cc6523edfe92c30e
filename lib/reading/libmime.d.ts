// What we use of libmime 5.3.8, which ships no types.
declare module "libmime" {
  const libmime: {
    /** Value and parameters of a structured header field; continued and encoded parameters (RFC 2231) are put together. */
    parseHeaderValue(text: string): { value: string | false; params: Record<string, string> };
    /** Encoded words (RFC 2047) decoded. */
    decodeWords(text: string): string;
  };
  export default libmime;
}
