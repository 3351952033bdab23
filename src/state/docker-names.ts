/** An image's id, which is no name. */
export function isImageId(name: string): boolean {
  return /^sha256:[0-9a-fA-F]{64}$/.test(name);
}

/** Repository and tag (or digest) of an image's name. */
export function splitImage(name: string): { readonly repository: string; readonly tag: string | undefined } {
  const digestAt = name.lastIndexOf("@");
  if (digestAt >= 0) return { repository: name.slice(0, digestAt), tag: name.slice(digestAt + 1) };
  const tagAt = name.lastIndexOf(":");
  if (tagAt >= 0 && !name.slice(tagAt).includes("/"))
    return { repository: name.slice(0, tagAt), tag: name.slice(tagAt + 1) };
  return { repository: name, tag: undefined };
}

/** A repository and a tag as one name. */
export function joinImage(repository: string, tag: string): string {
  return `${repository}${tag.startsWith("sha256:") ? "@" : ":"}${tag}`;
}

/** The one name for all that mean the same image: `docker.io/library/nginx` is `nginx:latest`. */
export function plainImageName(name: string): string {
  const { repository, tag } = splitImage(name);
  const plain = repository.replace(/^(?:index\.)?docker\.io\//, "").replace(/^library\//, "");
  return joinImage(plain, tag ?? "latest");
}
