import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";
import { type DockerEngine, dockerCli } from "./docker.ts";

export interface DockerDeathKey {
  readonly connection: DockerEngine;
  readonly name: string;
}

/**
 * How a container that was started has ended by itself, with the last of what it wrote. Undefined while it runs, when it ended well, and when
 * it was stopped or removed: the exit codes of the signals for that say nothing.
 */
export const dockerDeath = defineQuery<DockerDeathKey, string | undefined>({
  name: "docker-death",
  freshMs: 0,
  script: (keys) =>
    shLines(
      keys.map(
        ({
          connection,
          name,
        }) => sh`s=$(${dockerCli(connection)} container inspect -f '{{.State.Status}} {{.State.OOMKilled}} {{.State.ExitCode}}' -- ${name} 2>/dev/null)
        case $s in
          "exited false "0 | "exited false "13[07] | "exited false "143) ;;
          restarting* | exited* | dead*)
            ${dockerCli(connection)} logs --tail 10 -- ${name} 2>&1
            echo ${`container ${name} has ended since it was started`} "(exit code \${s##* }$(case $s in *" true "*) echo ", out of memory";; esac))";;
        esac
        printf '\0'`,
      ),
    ),
  parse(output, keys) {
    const said = decodeBytes(output.stdout).split("\0");
    return keys.map((_, index) => said[index]?.trim() || undefined);
  },
});
