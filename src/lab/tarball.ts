/** A file to be put on a host. */
export interface TarFile {
  /** Relative to the root of the host: `etc/motd`. At most 100 bytes. */
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  readonly uid: number;
}

const blockSize = 512;

/**
 * A tar archive (POSIX ustar) of some files, each owned by its uid and the group of the same number, modified at a time
 * in seconds since the epoch.
 */
export function tarball(files: readonly TarFile[], modifiedAt: number): Buffer {
  const blocks = files.flatMap((file) => {
    const content = Buffer.from(file.content, "utf8");
    return [header(file, content.length, modifiedAt), content, Buffer.alloc(padding(content.length))];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockSize)]);
}

/** The fields of a ustar header by their offsets (POSIX.1-2017, pax, "ustar Interchange Format"). */
function header(file: TarFile, size: number, modifiedAt: number): Buffer {
  const block = Buffer.alloc(blockSize);
  block.write(file.path, 0, 100, "utf8");
  writeOctal(block, file.mode, 100, 8);
  writeOctal(block, file.uid, 108, 8);
  writeOctal(block, file.uid, 116, 8);
  writeOctal(block, size, 124, 12);
  writeOctal(block, modifiedAt, 136, 12);
  block.write("        ", 148, 8, "ascii");
  block.write("0", 156, 1, "ascii");
  block.write("ustar\u000000", 257, 8, "latin1");
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, "0")}\0 `, 148, 8, "latin1");
  return block;
}

function writeOctal(block: Buffer, value: number, at: number, length: number): void {
  block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, length, "latin1");
}

function padding(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}
