import { shellBehaviour } from "./shell-behaviour.ts";

// The other shells have their turn in test/e2e/wire/shells.test.ts.
shellBehaviour({ name: "/bin/sh" });
