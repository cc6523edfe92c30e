// Text that people type into the API: bounded, well-formed, and without characters that nobody can see.
import { z } from "zod";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const lineBreak = /[\t\n\r]/;

const wellFormed = (text: string): boolean => text.isWellFormed();
const notWellFormed = "is not well-formed Unicode (half of a surrogate pair)";
const noControl = (text: string): boolean => !control.test(text);
const hasControl = "has control characters";

/** Several lines. */
export const Text = (most: number) =>
  z.string().max(most).refine(wellFormed, notWellFormed).refine(noControl, hasControl);

/** One line; space around it is cut off. */
export const Line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine(wellFormed, notWellFormed)
    .refine((text) => noControl(text) && !lineBreak.test(text), hasControl);
