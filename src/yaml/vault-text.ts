import type { SourceRange } from "../lib/source.ts";

/** A `!vault` scalar: still encrypted. Only `vars` decrypts it, when a template or a module asks for the value. */
export class VaultText {
  /** The whole envelope, `$ANSIBLE_VAULT;...` header included. */
  readonly ciphertext: string;
  readonly range: SourceRange;

  constructor(ciphertext: string, range: SourceRange) {
    this.ciphertext = ciphertext;
    this.range = range;
  }
}
