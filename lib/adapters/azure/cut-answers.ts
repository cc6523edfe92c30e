// An answer of Table Storage that breaks off is a dropped connection like any other, and tried again like one.
import { RestError, type TableServiceClientOptions } from "@azure/data-tables";

type Policy = NonNullable<TableServiceClientOptions["additionalPolicies"]>[number];

/**
 * The client's retries know a connection that breaks before the answer begins; one that breaks while the answer is read it calls a
 * parse error and gives up. Writes are safe: whatever may have been done meets its own condition (ETag, key) the second time.
 */
export const cutAnswersAgain: Policy = {
  position: "perRetry",
  policy: {
    name: "cutAnswersAgain",
    async sendRequest(request, next) {
      try {
        return await next(request);
      } catch (error) {
        if (!(error instanceof RestError) || error.code !== RestError.PARSE_ERROR) throw error;
        throw new RestError(error.message, { code: "ECONNRESET", request });
      }
    },
  },
};
