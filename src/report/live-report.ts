import { DefaultRenderer, figures, isUnicodeSupported, Listr, ListrLogger, ProcessOutput } from "listr2";
import type { RunEvent } from "../run/events.ts";
import { banner } from "./banner.ts";
import type { Paint } from "./colors.ts";
import { escapeLine } from "./escape-controls.ts";
import { failuresText, finishedText, liveLines, type Marks, type Window } from "./live-lines.ts";
import { applyEvent, createLiveModel, hasOpenRows, takeFinished } from "./live-model.ts";
import { recapLines } from "./recap.ts";
import type { Report, ReportOptions } from "./report.ts";
import { warningText } from "./warning-text.ts";

/** A view that has nothing to do for this long is taken down, so that what follows appears below it. */
const IDLE_MS = 150;
/** So many finished rows are written for good even while others still run. */
const MAX_FINISHED = 8;

/**
 * The live view for a terminal. listr2 owns the terminal (cursor, redrawing, output of others while it draws) for stretches
 * of work; between them finished rows are plain text. Its default renderer draws on every event and once took 46 s of CPU
 * for 100 hosts, so here only its ten-times-a-second tick draws, and what it draws is our own few lines.
 */
export function createLiveReport(options: ReportOptions & { readonly paint: Paint }): Report {
  const { stdout, stderr, paint } = options;
  const model = createLiveModel();
  const warned = new Set<string>();
  let texts: string[] = [];
  let stretch: Stretch | undefined;
  let idleTimer: NodeJS.Timeout | undefined;
  let isPaused = false;
  const window = (): Window => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });

  /** Everything that is final by now, in the order in which it happened. */
  const takeFinal = (): string => {
    settle();
    const taken = texts.join("");
    texts = [];
    return taken;
  };
  const settle = (): void => {
    for (const row of takeFinished(model)) texts.push(`${finishedText(row, window(), marksAt(0), paint)}\n`);
  };
  const draw = (): string =>
    [...takenLines(texts), ...liveLines(model, Date.now(), window(), marksAt(Date.now()), paint)].join("\n");

  const start = (): void => {
    if (stretch || isPaused || model.rows.size === 0) return;
    const begun = startStretch(options, draw, takeFinal);
    stretch = begun;
    void begun.done.then(() => {
      if (stretch === begun) stretch = undefined;
      start();
    });
  };
  const stop = async (): Promise<void> => {
    clearTimeout(idleTimer);
    idleTimer = undefined;
    stretch?.end();
    await stretch?.done;
  };
  const schedule = (): void => {
    const isOpen = hasOpenRows(model);
    if (isOpen) {
      clearTimeout(idleTimer);
      idleTimer = undefined;
      start();
    }
    if (isOpen ? model.rows.size > MAX_FINISHED && stretch?.isOld() : false) stretch?.end();
    if (!isOpen) idleTimer ??= setTimeout(() => void stop().then(flush), IDLE_MS);
  };
  /** Between stretches there is no view to wait for. */
  const flush = (): void => {
    if (stretch) return;
    const text = takeFinal();
    if (text !== "") stdout.write(text);
  };

  const say = (text: string): void => {
    settle();
    texts.push(text);
    if (!stretch) flush();
  };
  const warn = (event: Extract<RunEvent, { type: "warning" }>): void => {
    const text = warningText(event.message, event.at, event.hint, paint);
    if (warned.has(text)) return;
    warned.add(text);
    if (stderr.isTTY) say(text);
    else stderr.write(text);
  };

  const onEvent = (event: RunEvent): void => {
    applyEvent(model, event);
    switch (event.type) {
      case "play_start":
        say(`\n${paint.bold(`PLAY [${escapeLine(event.name)}]`)}\n`);
        break;
      case "play_skipped":
        say(`\n${paint.bold(`PLAY [${escapeLine(event.name)}]`)}\n  ${paint.skipped(escapeLine(event.reason))}\n`);
        break;
      case "warning":
        warn(event);
        break;
      case "run_end": {
        const failures = failuresText(model.failures, paint);
        if (failures !== "") say(`${banner("FAILURES", stdout.columns)}${failures}`);
        say(`${banner("PLAY RECAP", stdout.columns)}${recapLines(event.recap, paint).join("\n")}\n\n`);
        break;
      }
      default:
        break;
    }
    schedule();
  };

  return {
    onEvent,
    notice: (text) => say(`${text}\n`),
    async pause() {
      isPaused = true;
      await stop();
      flush();
    },
    resume() {
      isPaused = false;
      start();
    },
    async close() {
      isPaused = true;
      await stop();
      for (const row of model.rows.values()) row.endedMs ??= Date.now();
      flush();
    },
  };
}

interface Stretch {
  readonly done: Promise<void>;
  end(): void;
  /** Whether it has been on the screen long enough to be replaced without flicker. */
  isOld(): boolean;
}

/** One listr2 list with one task that lasts until `end`; drawn by `draw`, and left behind as what `leave` returns. */
function startStretch({ stdout, stderr }: ReportOptions, draw: () => string, leave: () => string): Stretch {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  class LiveRenderer extends DefaultRenderer {
    override create(options?: { readonly prompt?: boolean }): string {
      // listr2 asks without a prompt for what stays on the screen; it adds the last line break.
      return options?.prompt === false ? leave().replace(/\n$/, "") : draw();
    }
  }
  const output = new ProcessOutput(stdout as NodeJS.WriteStream, stderr as NodeJS.WriteStream, {
    leaveEmptyLine: false,
  });
  const onResize = (): void => end();
  stdout.on("resize", onResize);
  const list = new Listr([{ title: "run", task: () => ended }], {
    renderer: LiveRenderer,
    rendererOptions: { logger: new ListrLogger({ useIcons: false, processOutput: output }) },
    fallbackRendererCondition: false,
    registerSignalListeners: false,
    exitOnError: false,
  });
  const startedMs = Date.now();
  const done = list.run().then(() => {
    stdout.off("resize", onResize);
  });
  return { done, end, isOld: () => Date.now() - startedMs > 1_000 };
}

/** Lines that are final but wait for the end of the stretch stand above the moving part meanwhile. */
function takenLines(texts: readonly string[]): string[] {
  return texts.length === 0 ? [] : texts.join("").replace(/\n$/, "").split("\n");
}

function marksAt(nowMs: number): Marks {
  const frames = isUnicodeSupported() ? "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" : "-\\|/";
  return {
    ok: figures.tick,
    failed: figures.cross,
    skipped: "-",
    busy: frames[Math.floor(nowMs / 100) % frames.length] ?? "-",
  };
}
