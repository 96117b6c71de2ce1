package dev.luthier.cli;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads the files that flags name. */
final class TextFiles {
  private TextFiles() {}

  /**
   * Returns a UTF-8 file's text.
   *
   * @throws LuthierException when it is not there or not UTF-8
   */
  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new LuthierException(file + ": no such file", e);
    } catch (CharacterCodingException e) {
      throw new LuthierException(file + ": is not UTF-8 text; convert it first", e);
    } catch (IOException e) {
      throw new LuthierException(file + ": cannot be read: " + e, e);
    }
  }
}
