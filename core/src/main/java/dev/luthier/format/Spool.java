package dev.luthier.format;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file for tensors on the way into a safetensors file, where they stand in another order than
 * they are made in, and where the header wants all their sizes first. It is deleted on close.
 */
public final class Spool implements AutoCloseable {
  private final FileChannel file;

  /** Makes the file, in a folder that may hold it. */
  public Spool(Path folder) throws IOException {
    file =
        FileChannel.open(
            folder.resolve(".spool"),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
  }

  /**
   * Writes an entry's data here, now.
   *
   * @return the same entry with its data from here
   */
  public SafetensorsWriter.Entry keep(SafetensorsWriter.Entry entry) throws IOException {
    long start = file.position();
    entry.data().writeTo(file);
    long length = file.position() - start;
    return new SafetensorsWriter.Entry(
        entry.name(),
        entry.dtype(),
        entry.shape(),
        target -> SafetensorsFile.copy(file, start, length, target));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
