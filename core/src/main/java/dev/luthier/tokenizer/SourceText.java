package dev.luthier.tokenizer;

import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Vocabularies that are text files. */
final class SourceText {
  private SourceText() {}

  /**
   * The lines of a file in UTF-8. Only line feeds end them, with a carriage return or without: some
   * vocabularies have other line ends as tokens.
   */
  static List<String> lines(Path file) {
    try {
      String text = Files.readString(file);
      List<String> lines = new ArrayList<>(Arrays.asList(text.split("\n", -1)));
      if (lines.get(lines.size() - 1).isEmpty()) {
        lines.remove(lines.size() - 1);
      }
      lines.replaceAll(line -> line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
      return lines;
    } catch (CharacterCodingException e) {
      throw new LuthierException(file + " is not UTF-8 text. Download it again.", e);
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
  }
}
