import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** What `docker save` put into a file. */
export interface DockerArchive {
  /** Id of the image. */
  readonly id: string;
  /** Its names. */
  readonly names: readonly string[];
}

/** An archive of one image; undefined when there is none. Anything else in its place has no id and no names. */
export const dockerArchive = defineQuery<string, DockerArchive | undefined>({
  name: "docker-archive",
  isCostly: true,
  script: (paths) => sh`for p in ${paths}; do
    if [ -e "$p" ]; then printf 'x'; tar -xOf - manifest.json <"$p" 2>/dev/null; fi
    printf '\0'
  done`,
  parse(output, paths) {
    const texts = answerText(output).split("\0");
    return paths.map((_, index) => (texts[index] ? parseManifest(texts[index].slice(1)) : undefined));
  },
});

function parseManifest(text: string): DockerArchive {
  try {
    const images = JSON.parse(text) as readonly {
      readonly Config: string;
      readonly RepoTags: readonly string[] | null;
    }[];
    const [image] = images;
    if (!image || images.length !== 1) return { id: "", names: [] };
    // `ID.json`, or `blobs/sha256/ID`.
    const id = (image.Config.split("/").at(-1) ?? "").replace(/\.json$/, "");
    return { id: `sha256:${id}`, names: image.RepoTags ?? [] };
  } catch {
    return { id: "", names: [] };
  }
}
