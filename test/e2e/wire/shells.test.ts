import { shellBehaviour } from "../../host/shell-behaviour.ts";
import { otherShells } from "../../host/support.ts";

for (const shell of otherShells()) shellBehaviour(shell);
