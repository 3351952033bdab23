import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";

const program = String.raw`
chomp(my @texts = <STDIN>); my $any = join "|", map quotemeta, @texts;
my ($stop, $sweeps, %seen) = (0, 0); $SIG{TERM} = sub { $stop = 1 }; $| = 1; print "ready\n";
until ($stop) {
  opendir my $proc, "/proc"; 
  for my $pid (grep /^[0-9]+$/, readdir $proc) {
    for my $name ("cmdline", "environ") {
      open my $file, "<", "/proc/$pid/$name" or next; local $/; my $text = <$file>;
      $seen{"$name has $1: " . substr($text, 0, 300)} = 1 if defined $text && $text =~ /($any)/;
    }
  }
  $sweeps++;
}
print "$sweeps sweeps\n", map { tr/\0\n/  /; "$_\n" } sort keys %seen;
`;

/**
 * Looks for texts in the command lines and environments of all processes of this machine, over and over: the controller's
 * and, since the lab's hosts are containers of it, theirs. Needs root to see the hosts'.
 */
export class ProcessWatch {
  readonly #child: ChildProcessWithoutNullStreams;
  #output = "";

  private constructor(texts: readonly string[]) {
    this.#child = spawn("nice", ["perl", "-e", program]);
    this.#child.stdout.on("data", (chunk: Buffer) => (this.#output += chunk.toString("latin1")));
    this.#child.stdin.end(Buffer.from(`${texts.join("\n")}\n`));
  }

  static async start(texts: readonly string[]): Promise<ProcessWatch> {
    const watch = new ProcessWatch(texts);
    await once(watch.#child.stdout, "data");
    return watch;
  }

  /** What was seen, and how often it looked. */
  async stop(): Promise<{ readonly sweeps: number; readonly seen: readonly string[] }> {
    this.#child.kill("SIGTERM");
    await once(this.#child, "close");
    const [, sweeps = "", ...seen] = this.#output.trimEnd().split("\n");
    return { sweeps: Number.parseInt(sweeps, 10), seen };
  }
}
