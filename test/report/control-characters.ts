/** What no report may write for a host: C0 without tab and line break, DEL, C1, direction marks, lone surrogates. */
export const CONTROL_CHARACTERS = new RegExp(
  `[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f${"\\u202a-\\u202e\\ud800-\\udfff"}]`,
  "u",
);

/** Colours and cursor movements. */
export const ESCAPE_SEQUENCES = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9;?]*[A-Za-z]`, "g");
