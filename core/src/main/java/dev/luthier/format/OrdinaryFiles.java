package dev.luthier.format;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** Whether what stands in a folder can be read to an end. */
final class OrdinaryFiles {
  private OrdinaryFiles() {}

  /**
   * Who reads a pipe waits until somebody writes to it, which may be for ever; and a tokenizer that
   * is not there, since its link leads nowhere, is another one's.
   *
   * @throws LuthierException naming what is no file
   */
  static void check(Path folder) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        checkFile(file);
      }
    } catch (IOException e) {
      throw unusable(folder + " cannot be listed: " + Reason.of(e));
    }
  }

  private static void checkFile(Path file) {
    try {
      BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
      if (is.isOther()) {
        throw unusable(file + " is a pipe, a socket or a device; expected an ordinary file");
      }
      if (is.isDirectory() && HfFolder.SIDE_FILES.contains(String.valueOf(file.getFileName()))) {
        throw unusable(file + " is a folder; expected a file");
      }
    } catch (NoSuchFileException e) {
      throw unusable(file + " is a link to a file that is not there");
    } catch (IOException e) {
      throw unusable(file + " cannot be read: " + Reason.of(e));
    }
  }

  private static LuthierException unusable(String why) {
    return new LuthierException(why + ". See docs/troubleshooting.md#adapter-cannot-be-read");
  }
}
