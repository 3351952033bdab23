/** What a lab is doing, for whoever shows it. */
export type LabProgressEvent =
  /** A new step begins: `building image debian-12`. */
  | { readonly kind: "step"; readonly text: string }
  /** A line of output of the step that runs. */
  | { readonly kind: "output"; readonly text: string }
  /** Where one host is. */
  | { readonly kind: "host"; readonly host: string; readonly state: "removing" | "starting" | "ready" };

export type LabProgress = (event: LabProgressEvent) => void;

export const noProgress: LabProgress = () => {};
