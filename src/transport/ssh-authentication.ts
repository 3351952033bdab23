import type { AnyAuthMethod, AuthHandlerMiddleware, ParsedKey } from "ssh2";
import { TsrunError } from "../lib/errors.ts";
import { describeParsedKey, type KeyStore } from "./ssh-keys.ts";
import type { SshTarget } from "./ssh-target.ts";

interface Attempt {
  readonly method: "publickey" | "password" | "keyboard-interactive";
  readonly description: string;
  readonly auth: AnyAuthMethod;
}

/** Servers end the connection after six failures (`MaxAuthTries`): some are left for the password. */
const agentKeysBeforePassword = 4;

/**
 * What will be tried to log in, in ssh's order: named keys, the agent's keys, default keys, password, keyboard-interactive. Each is tried
 * once; {@link failure} lists them with what became of them.
 */
export class SshAuthentication {
  readonly #target: SshTarget;
  readonly #attempts: Attempt[] = [];
  readonly #report: string[] = [];
  #next = 0;
  #serverMethods: readonly string[] = [];
  /** Words of the server that matter more than the list: an expired password. */
  serverText = "";

  constructor(target: SshTarget) {
    this.#target = target;
  }

  /** Reads the keys. May ask for a passphrase. */
  async prepare(keys: KeyStore): Promise<void> {
    const { identityFiles, identitiesAreDefault, identitiesOnly, agentSocket } = this.#target;
    const listed = agentSocket === undefined ? "SSH_AUTH_SOCK is not set" : await keys.agentKeys(agentSocket);
    const held = typeof listed === "string" ? [] : listed;
    if (typeof listed === "string" && agentSocket !== undefined) this.#report.push(`agent ${agentSocket}: ${listed}`);
    const named: Attempt[] = [];
    const wanted: Buffer[] = [];
    for (const path of identityFiles) {
      const loaded = await keys.load(path, held);
      const publicKey = "key" in loaded ? loaded.key.getPublicSSH() : loaded.publicKey;
      const inAgent = publicKey && held.find((key) => key.getPublicSSH().equals(publicKey));
      if (publicKey) wanted.push(publicKey);
      if (inAgent) named.push(await this.#agentKey(inAgent));
      else if ("key" in loaded) named.push(this.#key(path, loaded.key));
      else if (!(loaded.isMissing && identitiesAreDefault)) this.#report.push(`key ${path}: ${loaded.problem}`);
    }
    const isNamed = (key: ParsedKey) => wanted.some((publicKey) => publicKey.equals(key.getPublicSSH()));
    const others = identitiesOnly ? [] : held.filter((key) => !isNamed(key));
    const limit = this.#target.password === undefined ? others.length : agentKeysBeforePassword;
    const fromAgent = await Promise.all(others.slice(0, limit).map((key) => this.#agentKey(key)));
    this.#attempts.push(...(identitiesAreDefault ? [...fromAgent, ...named] : [...named, ...fromAgent]));
    this.#addPassword();
  }

  /** ssh2's `authHandler`: the next thing to try among what the server still allows. */
  readonly handler: AuthHandlerMiddleware = (methodsLeft, _partial, done) => {
    if (methodsLeft) this.#serverMethods = methodsLeft as readonly string[];
    for (;;) {
      const attempt = this.#attempts[this.#next++];
      if (!attempt) return done(false as unknown as AnyAuthMethod);
      if (methodsLeft && !(methodsLeft as readonly string[]).includes(attempt.method)) continue;
      this.#report.push(`${attempt.description}: not accepted`);
      return done(attempt.auth);
    }
  };

  /** Why nobody was let in. */
  failure(cause: unknown): TsrunError {
    const { inventoryName, user, host, port, password } = this.#target;
    const tried = this.#report.length > 0 ? this.#report.join("; ") : "no key and no password to try";
    const allowed = this.#serverMethods.length > 0 ? `; the server takes ${this.#serverMethods.join(", ")}` : "";
    const said = this.serverText === "" ? "" : `; it says: ${this.serverText}`;
    return new TsrunError({
      code: "E_AUTHENTICATION",
      message: `${inventoryName} (${user}@${host}:${port}): login refused: ${tried}${allowed}${said}`,
      hint:
        password === undefined
          ? `ssh-copy-id -p ${port} ${user}@${host}, or set \`ansible_user\`, \`ansible_ssh_private_key_file\``
          : undefined,
      cause,
    });
  }

  #key(path: string, key: ParsedKey): Attempt {
    const description = `key ${path} (${describeParsedKey(key)})`;
    const auth = { type: "publickey", username: this.#target.user, key: key as unknown as Buffer } as const;
    return { method: "publickey", description, auth };
  }

  /** One key of the agent; ssh2 would try all that an agent lists. */
  async #agentKey(key: ParsedKey): Promise<Attempt> {
    const { OpenSSHAgent } = (await import("ssh2")).default;
    class OneKey extends OpenSSHAgent {
      override getIdentities(done: (error: undefined, keys: ParsedKey[]) => void): void {
        done(undefined, [key]);
      }
    }
    const agent = new OneKey(this.#target.agentSocket as string);
    const auth = { type: "agent", username: this.#target.user, agent } as const;
    return { method: "publickey", description: `agent's key ${describeParsedKey(key)}`, auth };
  }

  #addPassword(): void {
    const { password, user } = this.#target;
    if (password === undefined) return;
    this.#attempts.push({
      method: "password",
      description: "password",
      auth: { type: "password", username: user, password },
    });
    let isUsed = false;
    this.#attempts.push({
      method: "keyboard-interactive",
      description: "password (keyboard-interactive)",
      auth: {
        type: "keyboard-interactive",
        username: user,
        prompt: (_name, instructions, _language, prompts, finish) => {
          const texts = [instructions, ...prompts.map((prompt) => prompt.prompt)].join(" ");
          if (isUsed || /expired|new password|change/i.test(texts)) {
            this.serverText = texts.trim();
            finish([]);
            return;
          }
          isUsed = prompts.length > 0;
          finish(prompts.map((prompt) => (prompt.echo ? user : password)));
        },
      },
    });
  }
}
