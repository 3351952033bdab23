import { DefaultRenderer, figures, isUnicodeSupported, Listr, ListrLogger, ProcessOutput } from "listr2";
import type { RunEvent } from "../run/events.ts";
import { banner } from "./banner.ts";
import type { Paint } from "./colors.ts";
import { escapeLine } from "./escape-controls.ts";
import { failuresText, finishedText, liveLines, type Marks, type Window } from "./live-lines.ts";
import { applyEvent, createLiveModel, endRows, hasFinishedRows, hasOpenRows, takeFinished } from "./live-model.ts";
import { recapLines } from "./recap.ts";
import type { Report, ReportOptions } from "./report.ts";
import { warningText } from "./warning-text.ts";

/** A view that has nothing to do for this long is taken down, so that what follows appears below it. */
const IDLE_MS = 150;
/** Finished rows are written for good once a second even while others still run: what is final is not drawn again. */
const STRETCH_MS = 1_000;

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
  const window = (): Window => ({ columns: stdout.columns || 80, rows: Math.max(2, stdout.rows || 24) });

  /** Rows whose last host has answered become text, in the order in which things happened. */
  const settle = (): void => {
    for (const row of takeFinished(model)) texts.push(`${finishedText(row, window(), marksAt(0), paint)}\n`);
  };
  /** Writes what is final. Between stretches there is no view in the way. */
  const flush = (): void => {
    settle();
    if (texts.length > 0) stdout.write(texts.join(""));
    texts = [];
  };
  const draw = (): string => {
    const nowMs = Date.now();
    const { columns, rows } = window();
    const lines = liveLines(model, nowMs, { columns, rows }, marksAt(nowMs), paint);
    return [...waitingLines(texts), ...lines].slice(1 - rows).join("\n");
  };

  const start = (): void => {
    if (stretch || isPaused || !hasOpenRows(model)) return;
    stretch = startStretch(options, draw);
    void stretch.done.then(() => {
      stretch = undefined;
      flush();
      start();
    });
  };
  const stop = async (): Promise<void> => {
    clearTimeout(idleTimer);
    idleTimer = undefined;
    stretch?.end();
    await stretch?.done;
    flush();
  };
  const schedule = (): void => {
    if (!hasOpenRows(model)) {
      idleTimer ??= setTimeout(() => void stop(), IDLE_MS);
      return;
    }
    clearTimeout(idleTimer);
    idleTimer = undefined;
    if ((texts.length > 0 || hasFinishedRows(model)) && stretch?.isOld()) stretch.end();
    start();
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
        endRows(model, event.time);
        const failures = failuresText(model.failures, paint);
        if (failures !== "") say(`${banner("FAILURES", stdout.columns)}${failures}`);
        say(`${banner("PLAY RECAP", stdout.columns)}${recapLines(event.recap, paint, stdout.columns).join("\n")}\n\n`);
        break;
      }
      case "run_start":
      case "task_start":
      case "host_start":
      case "item_result":
      case "host_result":
      case "retry":
      case "included":
      case "task_end":
      case "no_hosts_left":
      case "play_end":
      case "profile":
      case "trace":
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
    },
    resume() {
      isPaused = false;
      start();
    },
    async close() {
      isPaused = true;
      await stop();
      endRows(model, new Date().toISOString());
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

/** One listr2 list with one task that lasts until `end`. Nothing of it stays on the screen. */
function startStretch({ stdout, stderr }: ReportOptions, draw: () => string): Stretch {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  class LiveRenderer extends DefaultRenderer {
    // Whether the stream is a terminal is decided before; listr2 would look at process.stdout.
    static override nonTTY = true;

    override create(): string {
      return draw();
    }
  }
  const output = new ProcessOutput(stdout as NodeJS.WriteStream, stderr as NodeJS.WriteStream, {
    leaveEmptyLine: false,
  });
  const onResize = (): void => end();
  stdout.on("resize", onResize);
  const list = new Listr([{ title: "run", task: () => ended }], {
    renderer: LiveRenderer,
    rendererOptions: { clearOutput: true, logger: new ListrLogger({ useIcons: false, processOutput: output }) },
    fallbackRendererCondition: false,
    registerSignalListeners: false,
    exitOnError: false,
  });
  const startedMs = Date.now();
  const done = list.run().then(() => {
    stdout.off("resize", onResize);
  });
  return { done, end, isOld: () => Date.now() - startedMs > STRETCH_MS };
}

/** Lines that are final but wait for the end of the stretch stand above the moving part meanwhile. */
function waitingLines(texts: readonly string[]): string[] {
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
